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

  let descriptor: Int32

  /// Opens a regular file.
  ///
  /// - Throws: `cannotOpen`, or `notARegularFile` for a directory, pipe or device.
  public init(path: String) throws(FileError) {
    let status: FileStatus
    do {
      descriptor = try SystemCalls.openForReading(path)
    } catch {
      throw .cannotOpen(file: path, code: error.code)
    }
    do {
      status = try SystemCalls.status(of: descriptor)
    } catch {
      SystemCalls.close(descriptor)
      throw .cannotOpen(file: path, code: error.code)
    }
    guard status.isRegular else {
      SystemCalls.close(descriptor)
      throw .notARegularFile(file: path)
    }
    self.path = path
    byteCount = status.byteCount
    identity = status.identity
  }

  deinit { SystemCalls.close(descriptor) }

  /// Fills `destination` with the bytes that begin at `offset`.
  ///
  /// - Throws: `truncated` if the file ends first, `readFailed` if the system refuses.
  public func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
    let needed = destination.byteCount
    guard offset >= 0, offset <= byteCount, needed <= byteCount - offset else {
      throw .truncated(
        file: path, offset: offset, needed: needed, available: max(0, byteCount - offset))
    }
    var done = 0
    while done < needed {
      var rest = destination.part(done..<needed)
      do {
        let count = try SystemCalls.read(descriptor, at: offset + done, into: &rest)
        guard count > 0 else { break }
        done += count
      } catch {
        throw .readFailed(file: path, offset: offset + done, code: error.code)
      }
    }
    // Somebody cut the file after it was opened.
    guard done == needed else {
      throw .truncated(file: path, offset: offset, needed: needed, available: done)
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
