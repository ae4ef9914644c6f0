internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// An open file of a length that is known from the start, written at any offset by any number of threads.
///
/// `AtomicFile` makes and owns one; threads that write parts of the file share it.
public final class FileWriter: Sendable {
  /// Asked for between pieces of this size, so that an interrupt does not wait for a large tensor.
  private static let pieceByteCount = 16 << 20

  /// The destination's path, as the user gave it.
  public let path: String
  /// How many bytes the file has.
  public let byteCount: Int

  let descriptor: Int32
  let interruption: Interruption
  private let direct: DirectWriter?
  private let writtenByteCount = Atomic(0)

  /// Takes over a descriptor that is open for writing.
  init(
    descriptor: Int32, direct: DirectWriter?, path: String, byteCount: Int,
    interruption: Interruption
  ) {
    self.descriptor = descriptor
    self.direct = direct
    self.path = path
    self.byteCount = byteCount
    self.interruption = interruption
  }

  deinit { SystemCalls.close(descriptor) }

  /// Writes `bytes` so that the first is at `offset`.
  ///
  /// - Throws: `noSpace`, `writeFailed`, or `interrupted`.
  /// - Precondition: They lie within the file's length.
  public func write(_ bytes: RawSpan, at offset: Int) throws(FileError) {
    precondition(
      offset >= 0 && offset <= byteCount && bytes.byteCount <= byteCount - offset,
      "the bytes lie outside the file's length")
    let pages = direct?.pages(of: bytes, at: offset) ?? 0..<0
    let written = try write(bytes, pages, at: offset) { [direct] piece, place throws(SystemError) in
      try direct?.write(piece, at: place) ?? 0
    }
    noteWritten(written)
    for rest in [0..<pages.lowerBound, (pages.lowerBound + written)..<bytes.byteCount] {
      let count = try write(bytes, rest, at: offset) {
        [descriptor] piece, place throws(SystemError) in
        try SystemCalls.write(descriptor, piece, at: place)
      }
      noteWritten(count)
    }
  }

  /// Writes a part of `bytes` in pieces by `call`, until that takes no more; how many bytes it took.
  private func write(
    _ bytes: RawSpan, _ part: Range<Int>, at offset: Int,
    by call: (RawSpan, Int) throws(SystemError) -> Int
  ) throws(FileError) -> Int {
    var start = part.lowerBound
    while start < part.upperBound {
      try interruption.check()
      let end = min(start + Self.pieceByteCount, part.upperBound)
      do {
        let count = try call(bytes.extracting(start..<end), offset + start)
        if count == 0 { break }
        start += count
      } catch {
        throw failure(error, operation: "writing", needed: bytes.byteCount - start)
      }
    }
    return start - part.lowerBound
  }

  /// Counts bytes that are in their place.
  func noteWritten(_ byteCount: Int) {
    writtenByteCount.wrappingAdd(byteCount, ordering: .relaxed)
  }

  /// Takes the room of the whole file on the disk.
  func reserve() throws(FileError) {
    do {
      try SystemCalls.reserve(descriptor, byteCount: byteCount)
    } catch {
      throw failure(error, operation: "reserving \(byteCount) bytes", needed: byteCount)
    }
  }

  /// Waits until the bytes are on the disk.
  ///
  /// - Precondition: Every byte has been written; a hole would be read as zeros.
  package func sync() throws(FileError) {
    let written = writtenByteCount.load(ordering: .relaxed)
    precondition(written >= byteCount, "only \(written) of \(byteCount) bytes were written")
    try interruption.check()
    do {
      try SystemCalls.sync(descriptor)
    } catch {
      throw failure(error, operation: "syncing", needed: byteCount)
    }
  }

  private func failure(_ error: SystemError, operation: String, needed: Int) -> FileError {
    error.isNoSpace
      ? .noSpace(file: path, needed: needed)
      : .writeFailed(file: path, operation: operation, code: error.code)
  }
}
