internal import Synchronization
internal import TensorStorage

/// Bytes that are a function of their offset, however many there are; what was read is recorded.
final class RecordedBytes: ByteSource {
  let byteCount: Int
  let isRandomAccess: Bool
  let fileRange: FileRange? = nil
  private let record = Mutex(Record())

  /// What was read.
  struct Record {
    var readCount = 0
    var byteCount = 0
    /// Reads that began before the end of the one before them.
    var backwardCount = 0
    var end = 0
  }

  init(byteCount: Int, isRandomAccess: Bool = true) {
    self.byteCount = byteCount
    self.isRandomAccess = isRandomAccess
  }

  var recorded: Record { record.withLock { $0 } }

  /// The bytes repeat after a prime number of them, so that no stride meets the same one again.
  private static let period = 65_521
  private static let pattern = (0..<period).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5 ^ $0) }

  /// The byte at `offset`.
  static func byte(at offset: Int) -> UInt8 { pattern[offset % period] }

  func makeCursor() throws(FileError) -> any ByteCursor { Cursor(source: self) }

  private struct Cursor: ByteCursor {
    var source: RecordedBytes

    func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
      let count = destination.byteCount
      guard offset >= 0, count <= source.byteCount - offset else {
        throw .truncated(file: "recorded", offset: offset, needed: count, available: 0)
      }
      var position = 0
      while position < count {
        let start = (offset + position) % RecordedBytes.period
        let length = min(RecordedBytes.period - start, count - position)
        var part = destination.part(position..<(position + length))
        part.copy(RecordedBytes.pattern.rawBytes.extracting(start..<(start + length)))
        position += length
      }
      source.record.withLock { record in
        record.readCount += 1
        record.byteCount += count
        if offset < record.end { record.backwardCount += 1 }
        record.end = offset + count
      }
    }
  }
}
