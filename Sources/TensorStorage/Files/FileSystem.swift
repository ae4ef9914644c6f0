#if canImport(Glibc)
internal import Glibc
#endif

/// What is there, before anything is opened.
public enum FileSystem {
  /// What a path names.
  public enum Kind: Equatable, Sendable {
    case missing
    case file(FileIdentity)
    case directory
    /// A pipe, a device, a socket.
    case other
  }

  /// What a path names; symbolic links are followed.
  ///
  /// - Throws: `cannotOpen` if the system does not let us look, or a component is no directory.
  public static func kind(of path: String) throws(FileError) -> Kind {
    do {
      guard let status = try SystemCalls.status(at: path) else { return .missing }
      if status.isRegular { return .file(status.identity) }
      return status.isDirectory ? .directory : .other
    } catch {
      throw .cannotOpen(file: path, code: error.code)
    }
  }

  /// The names in a directory, sorted by their bytes; without `.` and `..`.
  public static func names(in directory: String) throws(FileError) -> [String] {
    guard let stream = unsafe opendir(directory) else {
      throw .cannotOpen(file: directory, code: errno)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    // SAFETY: an entry is used before the next one is asked for; its name ends in a NUL.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What a pipe gives until its end, but no more than a little above `limit` bytes.
  package static func bytes(ofPipe path: String, limit: Int) throws(FileError) -> [UInt8] {
    let descriptor: Int32
    do { descriptor = try SystemCalls.openPipe(path) } catch {
      throw .cannotOpen(file: path, code: error.code)
    }
    defer { SystemCalls.close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count <= limit {
      // SAFETY: read fills at most `count` bytes of a buffer of `count`.
      let count = unsafe piece.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      }
      if count == 0 { break }
      if count > 0 {
        bytes += piece[..<count]
      } else if errno != EINTR {
        throw .readFailed(file: path, offset: bytes.count, code: errno)
      }
    }
    return bytes
  }

  /// Whether the directory that `path` is to be in, links followed, is there.
  package static func hasDirectory(_ path: String) -> Bool {
    guard let place = try? FilePlace(resolving: path) else { return false }
    return (try? kind(of: place.directory)) == .directory
  }

  /// Removes a file, if it is there.
  package static func remove(_ path: String) { SystemCalls.unlink(path) }

  /// Bytes that the file system of `path`, or of the nearest directory above it that exists, has left
  /// for us; nil if the system does not say.
  public static func freeByteCount(at path: String) -> Int? {
    var path = path
    while true {
      var facts = statvfs()
      if unsafe statvfs(path, &facts) == 0 {
        let (count, overflow) = facts.f_bavail.multipliedReportingOverflow(by: facts.f_frsize)
        return overflow ? Int.max : Int(clamping: count)
      }
      let parent = FilePlace.directory(of: path)
      guard errno == ENOENT, parent != path else { return nil }
      path = parent
    }
  }
}
