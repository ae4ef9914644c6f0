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

  /// The byte at `offset`.
  static func byte(at offset: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (offset &* 0x9E37_79B9) >> 24 &+ offset)
  }

  func makeCursor() throws(FileError) -> any ByteCursor { Cursor(source: self) }

  private struct Cursor: ByteCursor {
    var source: RecordedBytes

    func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
      let count = destination.byteCount
      guard offset >= 0, count <= source.byteCount - offset else {
        throw .truncated(file: "recorded", offset: offset, needed: count, available: 0)
      }
      for position in 0..<count {
        destination.storeBytes(
          of: RecordedBytes.byte(at: offset + position), toByteOffset: position, as: UInt8.self)
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
