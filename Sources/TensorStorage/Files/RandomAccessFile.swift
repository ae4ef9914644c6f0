#if canImport(Glibc)
internal import Glibc
#endif

/// A file opened for reading at any offset, by any number of threads.
///
/// Reads go through `pread`, never through a memory map: a file that is cut short while it is read
/// is then an error with an offset instead of a signal, and resident memory stays what was asked for.
public final class RandomAccessFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// The length when the file was opened, in bytes.
  public let byteCount: Int
  /// Device and inode, which tell whether two paths name one file.
  public let identity: FileIdentity

  private let descriptor: Int32

  /// Opens a regular file.
  ///
  /// - Throws: `cannotOpen`, or `notARegularFile` for a directory, pipe or device.
  public init(path: String) throws(FileError) {
    // O_NONBLOCK: opening a pipe nobody writes to must not hang; regular files ignore it.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .cannotOpen(file: path, code: errno) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .cannotOpen(file: path, code: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .notARegularFile(file: path)
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
    identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  deinit { close(descriptor) }

  /// Fills `destination` with the bytes that begin at `offset`.
  ///
  /// - Throws: `truncated` if the file ends first, `readFailed` if the system refuses.
  public func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
    let needed = destination.byteCount
    guard offset >= 0, offset <= byteCount, needed <= byteCount - offset else {
      throw .truncated(
        file: path, offset: offset, needed: needed, available: max(0, byteCount - offset))
    }
    // SAFETY: pread writes at most `needed - done` bytes into a buffer that holds `needed`.
    try unsafe destination.withUnsafeMutableBytes { buffer throws(FileError) in
      var done = 0
      while done < needed {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw .readFailed(file: path, offset: offset, code: errno) }
        guard count > 0 else {
          throw .truncated(file: path, offset: offset, needed: needed, available: done)
        }
        done += count
      }
    }
  }

  /// The `count` bytes that begin at `offset`.
  ///
  /// The range is checked against the file before memory is allocated.
  public func bytes(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    guard count >= 0, offset >= 0, offset <= byteCount, count <= byteCount - offset else {
      throw .truncated(
        file: path, offset: offset, needed: count, available: max(0, byteCount - offset))
    }
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withMutableRawBytes { span throws(FileError) in try read(at: offset, into: &span) }
    return bytes
  }
}

/// Device and inode of a file.
public struct FileIdentity: Hashable, Sendable {
  var device: UInt64
  var inode: UInt64
}
