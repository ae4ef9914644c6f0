internal import TensorStorage

/// The bytes of a deflated record, decompressed as they are read, in constant memory.
struct InflatedBytes: ByteSource {
  let file: RandomAccessFile
  let record: ZipRecord

  var byteCount: Int { record.byteCount }
  var isRandomAccess: Bool { false }
  var fileRange: FileRange? { nil }

  func makeCursor() throws(FileError) -> any ByteCursor { try InflatingCursor(self) }
}

/// Reads a deflated record front to back; going back begins again.
///
/// A stream that ends early, goes on too long, is followed by more bytes, or does not have the recorded
/// checksum is an error as soon as that is known: never zeros, never part of the bytes.
private final class InflatingCursor: ByteCursor {
  private let file: RandomAccessFile
  private let record: ZipRecord
  private let inflater: Inflater
  private var window: [UInt8]
  /// The bytes of the window that were not consumed yet.
  private var pending = 0..<0
  /// How many compressed bytes were read into the window.
  private var readByteCount = 0
  /// How many bytes were produced, and their checksum.
  private var produced = CRC32()
  /// Whether the stream has come to its end, and whether everything was found right there.
  private var isFinished = false
  private var isChecked = false

  init(_ source: InflatedBytes) throws(FileError) {
    file = source.file
    record = source.record
    guard let inflater = Inflater() else {
      throw .damaged(
        file: source.file.path, part: "record '\(source.record.name)'",
        reason: "zlib has no memory for it")
    }
    self.inflater = inflater
    let windowByteCount = min(record.compressedByteCount, ZipLimits.inflateWindowByteCount)
    window = [UInt8](repeating: 0, count: windowByteCount)
  }

  func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
    guard offset >= 0, offset <= record.byteCount,
      destination.byteCount <= record.byteCount - offset
    else {
      throw .truncated(
        file: file.path, offset: record.dataOffset, needed: destination.byteCount,
        available: max(0, record.byteCount - offset))
    }
    if offset < produced.byteCount { restart() }
    try skip(to: offset)
    try fill(&destination)
    if produced.byteCount == record.byteCount && !isChecked { try finish() }
  }

  private func restart() {
    inflater.reset()
    (pending, readByteCount, produced) = (0..<0, 0, CRC32())
    (isFinished, isChecked) = (false, false)
  }

  private func skip(to offset: Int) throws(FileError) {
    guard produced.byteCount < offset else { return }
    var scratch = TensorBytes(byteCount: ZipLimits.inflateWindowByteCount)
    while produced.byteCount < offset {
      let count = min(scratch.byteCount, offset - produced.byteCount)
      var part = scratch.mutableBytes(0..<count)
      try fill(&part)
    }
  }

  private func fill(_ destination: inout MutableRawSpan) throws(FileError) {
    var filled = 0
    while filled < destination.byteCount {
      // Pieces that are still in the cache when their checksum is computed.
      let pieceEnd = min(destination.byteCount, filled + ZipLimits.inflateWindowByteCount)
      var piece = destination.part(filled..<pieceEnd)
      let count = try step(into: &piece)
      produced.update(piece.bytes.extracting(0..<count))
      filled += count
      guard isFinished, filled < destination.byteCount else { continue }
      throw damage("its deflate stream ends after \(produced.byteCount) of \(byteCounts)")
    }
  }

  /// Checks that the stream ends here, that nothing follows it, and what it was.
  private func finish() throws(FileError) {
    var spare = TensorBytes(byteCount: 1)
    while !isFinished {
      var room = spare.mutableBytes
      guard try step(into: &room) == 0 else {
        throw damage("its deflate stream has more than the \(byteCounts) that the archive recorded")
      }
    }
    let rest = pending.count + record.compressedByteCount - readByteCount
    if rest > 0 { throw damage("\(rest) bytes follow the end of its deflate stream") }
    if let expected = record.crc32, expected != produced.value {
      throw record.checksumDamage(in: file)
    }
    isChecked = true
  }

  /// Decompresses once and returns how many bytes came of it.
  ///
  /// No bytes without an end means that more input is needed.
  private func step(into destination: inout MutableRawSpan) throws(FileError) -> Int {
    if pending.isEmpty { try refill() }
    let result = inflater.step(window.rawBytes.extracting(pending), into: &destination)
    pending = (pending.lowerBound + result.consumedByteCount)..<pending.upperBound
    if case .broken(let reason) = result.state {
      throw damage("its deflate stream is broken after \(produced.byteCount) bytes (\(reason))")
    }
    isFinished = result.state == .finished
    let isStuck = !isFinished && result.producedByteCount == 0 && pending.isEmpty
    if isStuck && readByteCount == record.compressedByteCount {
      throw damage(
        "its deflate stream is cut after \(produced.byteCount) of \(byteCounts)")
    }
    return result.producedByteCount
  }

  private func refill() throws(FileError) {
    let count = min(window.count, record.compressedByteCount - readByteCount)
    let offset = record.dataOffset + readByteCount
    try window.withMutableRawBytes { span throws(FileError) in
      var target = span.part(0..<count)
      try file.read(at: offset, into: &target)
    }
    pending = 0..<count
    readByteCount += count
  }

  private var byteCounts: String { "\(record.byteCount) bytes" }

  private func damage(_ reason: String) -> FileError { record.damage(reason, in: file) }
}
