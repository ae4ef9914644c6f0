internal import Synchronization
internal import TensorStorage

/// The bytes of a stored record, whose checksum is compared once all of them have been read.
///
/// Who reads them does not matter, nor in which pieces, order or threads: checksums of pieces are joined
/// as the pieces meet. torch itself compares nothing, so that a flipped bit becomes a weight.
final class CheckedBytes: ByteSource {
  private let range: FileRange
  private let record: ZipRecord
  private let expected: UInt32
  private let coverage = Mutex(ChecksumCoverage())

  /// The bytes of `record`, which has the checksum `expected`.
  init(_ record: ZipRecord, expected: UInt32, in file: RandomAccessFile) {
    range = FileRange(file: file, byteOffset: record.dataOffset, byteCount: record.byteCount)
    self.record = record
    self.expected = expected
  }

  var byteCount: Int { range.byteCount }
  var isRandomAccess: Bool { true }
  var fileRange: FileRange? { range }
  func makeCursor() throws(FileError) -> any ByteCursor { Cursor(source: self) }

  private struct Cursor: ByteCursor {
    let source: CheckedBytes

    func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
      try source.range.read(at: offset, into: &destination)
      try source.note(destination.bytes, at: offset)
    }
  }

  /// Takes account of bytes that were read.
  private func note(_ bytes: RawSpan, at offset: Int) throws(FileError) {
    let place = offset..<(offset + bytes.byteCount)
    guard coverage.withLock({ $0.isNew(place) }) else { return }
    var checksum = CRC32()
    checksum.update(bytes)
    let piece = checksum
    let whole = coverage.withLock { coverage in
      coverage.insert(piece, at: place)
      return coverage.checksum(ofByteCount: byteCount)
    }
    guard let whole, whole != expected else { return }
    throw record.checksumDamage(in: range.file)
  }
}

extension ZipRecord {
  /// The error of bytes that do not have the recorded checksum.
  func checksumDamage(in file: RandomAccessFile) -> FileError {
    damage("its CRC-32 is not the one the archive recorded", in: file)
  }

  /// The error of bytes that are not what the archive says.
  func damage(_ reason: String, in file: RandomAccessFile) -> FileError {
    .damaged(
      file: file.path, part: "record '\(name)'",
      reason: reason + "; download or copy the file again")
  }
}

/// Checksums of disjoint pieces, joined where they meet.
struct ChecksumCoverage {
  /// How many pieces are kept apart; beyond that the whole is not going to be checked.
  private static let maximumPieceCount = 1024

  private struct Piece {
    var range: Range<Int>
    var checksum: CRC32
  }

  /// In the order of their ranges.
  private var pieces: [Piece] = []

  /// Whether none of the bytes in `range` is in a piece.
  func isNew(_ range: Range<Int>) -> Bool {
    let position = position(of: range.lowerBound)
    if range.isEmpty || pieces.count >= Self.maximumPieceCount { return false }
    if position > 0, pieces[position - 1].range.upperBound > range.lowerBound { return false }
    return position == pieces.count || pieces[position].range.lowerBound >= range.upperBound
  }

  /// Adds a piece, unless some of its bytes are there already.
  mutating func insert(_ checksum: CRC32, at range: Range<Int>) {
    guard isNew(range) else { return }
    let position = position(of: range.lowerBound)
    pieces.insert(Piece(range: range, checksum: checksum), at: position)
    join(at: position)
    if position > 0 { join(at: position - 1) }
  }

  /// The checksum of the first `byteCount` bytes, if exactly those have been seen.
  func checksum(ofByteCount byteCount: Int) -> UInt32? {
    guard let piece = pieces.first, piece.range == 0..<byteCount else { return nil }
    return piece.checksum.value
  }

  /// Joins the piece at `position` and the next, if they meet.
  private mutating func join(at position: Int) {
    guard position + 1 < pieces.count else { return }
    let next = pieces[position + 1]
    guard pieces[position].range.upperBound == next.range.lowerBound else { return }
    pieces[position].checksum.append(next.checksum)
    pieces[position].range = pieces[position].range.lowerBound..<next.range.upperBound
    pieces.remove(at: position + 1)
  }

  /// Where a piece that begins at `offset` belongs.
  private func position(of offset: Int) -> Int {
    pieces.firstIndex { $0.range.lowerBound >= offset } ?? pieces.count
  }
}
