internal import CLinux

#if canImport(Glibc)
internal import Glibc
#endif

/// The code of a system call that failed.
struct SystemError: Error, Equatable {
  /// The `errno`.
  var code: Int32

  /// Nothing has that name.
  static let notFound = SystemError(code: ENOENT)

  /// Whether the disk or the user's quota is full.
  var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }

  /// What the system says of a code, as `Permission denied`.
  static func text(_ code: Int32) -> String {
    // SAFETY: strerror returns a NUL-terminated string that is copied at once.
    unsafe String(cString: strerror(code))
  }
}

/// What the system says of a file.
struct FileStatus {
  var isRegular: Bool
  var isDirectory: Bool
  var byteCount: Int
  /// The unit in which the file system gives out room, as far as it says.
  var blockByteCount: Int
  var identity: FileIdentity
  /// The permission bits.
  var mode: UInt32

  fileprivate init(_ status: stat) {
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
    byteCount = Int(status.st_size)
    blockByteCount = Int(status.st_blksize)
    identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    mode = status.st_mode & 0o7777
  }
}

/// The system calls of this module: their pointers stay here, their failures are thrown.
///
/// A path that contains a NUL names no file (C would cut it there): such calls fail with `EINVAL`.
enum SystemCalls {
  /// Opens an existing file for reading, without waiting for the other end of a pipe.
  static func openForReading(_ path: String) throws(SystemError) -> Int32 {
    try call(path) { unsafe open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
  }

  /// Opens a pipe for reading, waiting for its other end.
  static func openPipe(_ path: String) throws(SystemError) -> Int32 {
    try call(path) { unsafe open($0, O_RDONLY | O_CLOEXEC) }
  }

  /// Makes a file that must not exist, for reading and writing.
  static func create(_ path: String, mode: UInt32) throws(SystemError) -> Int32 {
    try call(path) { unsafe open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode)) }
  }

  /// Opens an existing file for writes that go past the cache.
  static func openForDirectWriting(_ path: String) throws(SystemError) -> Int32 {
    try call(path) { unsafe cl_open_for_direct_writing($0) }
  }

  /// Opens a directory, to sync it.
  static func openDirectory(_ path: String) throws(SystemError) -> Int32 {
    try call(path) { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  }

  /// Closes a file.
  ///
  /// What is left to be said about its bytes, `sync` has said before.
  static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

  /// What an open file is.
  static func status(of descriptor: Int32) throws(SystemError) -> FileStatus {
    var status = stat()
    try call { unsafe fstat(descriptor, &status) }
    return FileStatus(status)
  }

  /// What a path names; nil if nothing is there.
  ///
  /// Symbolic links are followed.
  static func status(at path: String) throws(SystemError) -> FileStatus? {
    var status = stat()
    do throws(SystemError) {
      try call(path) { unsafe stat($0, &status) }
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
    return FileStatus(status)
  }

  /// Where a symbolic link points, as it says; nil if the path names none.
  static func linkTarget(_ path: String) -> String? {
    let limit = Int(PATH_MAX)
    var text = [CChar](repeating: 0, count: limit)
    // SAFETY: readlink writes at most `limit` characters and says how many.
    let count = unsafe readlink(path, &text, limit)
    if count <= 0 { return nil }
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Reads up to as many bytes as fit; 0 at the end of the file.
  static func read(
    _ descriptor: Int32, at offset: Int, into destination: inout MutableRawSpan
  ) throws(SystemError) -> Int {
    // SAFETY: pread writes at most `count` bytes into a buffer of `count`.
    try unsafe destination.withUnsafeMutableBytes { buffer throws(SystemError) in
      try call { unsafe pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
    }
  }

  /// Writes some of the bytes, at least one; says how many.
  static func write(
    _ descriptor: Int32, _ bytes: RawSpan, at offset: Int
  ) throws(SystemError) -> Int {
    // SAFETY: pwrite reads at most `count` bytes of a buffer of `count`.
    try unsafe bytes.withUnsafeBytes { buffer throws(SystemError) in
      try call { unsafe pwrite(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
    }
  }

  /// How far into a page of `pageByteCount` bytes the first of the bytes is in memory.
  static func placeInPage(of bytes: RawSpan, pageByteCount: Int) -> Int {
    // SAFETY: the address is only looked at.
    unsafe bytes.withUnsafeBytes { Int(bitPattern: $0.baseAddress) % pageByteCount }
  }

  /// Gives the file its length, and its blocks where the file system can promise them.
  static func reserve(_ descriptor: Int32, byteCount: Int) throws(SystemError) {
    if byteCount == 0 { return }
    do throws(SystemError) {
      // Not posix_fallocate: where the file system has no such call, it writes to every block.
      try call { cl_reserve(descriptor, Int64(byteCount)) }
    } catch {
      guard [EOPNOTSUPP, ENOSYS, EINVAL].contains(error.code) else { throw error }
      try call { ftruncate(descriptor, off_t(byteCount)) }
    }
  }

  /// Lets two files share blocks until one of them is written; the places must be whole blocks.
  static func shareBlocks(
    from source: Int32, at sourceOffset: Int, with target: Int32, at offset: Int, byteCount: Int
  ) throws(SystemError) {
    try call {
      cl_clone_range(source, Int64(sourceOffset), target, Int64(offset), Int64(byteCount))
    }
  }

  /// Sets the permission bits.
  static func setMode(_ descriptor: Int32, _ mode: UInt32) throws(SystemError) {
    try call { fchmod(descriptor, mode_t(mode)) }
  }

  /// Waits until the bytes are on the disk, where the file system has that notion.
  static func sync(_ descriptor: Int32) throws(SystemError) {
    do throws(SystemError) {
      try call { fsync(descriptor) }
    } catch {
      guard error.code == EINVAL || error.code == EOPNOTSUPP else { throw error }
    }
  }

  /// Moves a file over whatever has the other name.
  static func rename(_ path: String, to target: String) throws(SystemError) {
    try call(path, target) { unsafe Glibc.rename($0, $1) }
  }

  /// Moves a file to a name that nothing has; fails with `EEXIST` if something does.
  static func renameWithoutReplacing(_ path: String, to target: String) throws(SystemError) {
    do throws(SystemError) {
      try call(path, target) { unsafe cl_rename_without_replacing($0, $1) }
    } catch {
      // File systems over a network may lack the flag; a hard link refuses an existing name as well.
      guard [EINVAL, ENOSYS, EOPNOTSUPP].contains(error.code) else { throw error }
      try link(path, as: target)
      unlink(path)
    }
  }

  /// Gives a file a second name.
  static func link(_ path: String, as name: String) throws(SystemError) {
    try call(path, name) { unsafe Glibc.link($0, $1) }
  }

  /// Makes a symbolic link with that text.
  static func makeSymbolicLink(_ path: String, to target: String) throws(SystemError) {
    try call(target, path) { unsafe symlink($0, $1) }
  }

  /// Removes a name, if it is there.
  static func unlink(_ path: String) { _ = unsafe Glibc.unlink(path) }

  /// Makes a directory, its mode what the umask leaves of 0777.
  static func makeDirectory(_ path: String) throws(SystemError) {
    try call(path) { unsafe mkdir($0, 0o777) }
  }

  /// Removes a directory if it is empty.
  static func removeDirectory(_ path: String) { _ = unsafe rmdir(path) }

  /// The names in a directory, in the order of the file system, without `.` and `..`.
  static func names(in path: String) throws(SystemError) -> [String] {
    if path.utf8.contains(0) { throw SystemError(code: EINVAL) }
    guard let stream = unsafe opendir(path) else { throw SystemError(code: errno) }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    errno = 0
    // SAFETY: an entry is copied before the next is read, and the stream is this function's own.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    if errno != 0 { throw SystemError(code: errno) }
    return names
  }

  /// Runs a call again while signals interrupt it.
  @discardableResult
  private static func call<Result: SignedInteger>(_ body: () -> Result) throws(SystemError)
    -> Result
  {
    while true {
      let result = body()
      if result >= 0 { return result }
      let code = errno
      if code != EINTR { throw SystemError(code: code) }
    }
  }

  /// Runs a call that takes paths, unless one of them has a NUL in it.
  @discardableResult
  private static func call(
    _ path: String, _ other: String = "", _ body: (String, String) -> Int32
  ) throws(SystemError) -> Int32 {
    if path.utf8.contains(0) || other.utf8.contains(0) { throw SystemError(code: EINVAL) }
    return try call { body(path, other) }
  }

  @discardableResult
  private static func call(
    _ path: String, _ body: (String) -> Int32
  ) throws(SystemError) -> Int32 {
    try call(path, "") { path, _ in body(path) }
  }
}
