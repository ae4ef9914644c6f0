internal import TensorStorage

/// A part of a file held in memory, moved forward over headers.
struct ZipWindow {
  /// What is read at once where data lies between one header and the next.
  static let sparseByteCount = 512
  /// What is read at once where records are small.
  static let denseByteCount = 32 << 10

  private let file: RandomAccessFile
  private var buffer: [UInt8] = []
  private var start = 0

  /// An empty window over `file`.
  init(file: RandomAccessFile) { self.file = file }

  /// Makes the window hold `count` bytes from `offset`.
  ///
  /// - Parameters:
  ///   - offset: Where they begin in the file.
  ///   - count: How many have to be there.
  ///   - ahead: How many more would be welcome.
  ///   - isDense: Whether what follows will be asked for next.
  /// - Throws: If the file cannot be read.
  mutating func load(
    _ offset: Int, count: Int, ahead: Int = 0, isDense: Bool
  ) throws(FormatError) {
    let end = start + buffer.count
    if offset >= start, offset <= end, count <= end - offset { return }
    let wanted = max(count + ahead, isDense ? Self.denseByteCount : Self.sparseByteCount)
    let available = max(count, min(wanted, file.byteCount - offset))
    do { buffer = try file.bytes(at: offset, count: available) } catch {
      throw FormatError(error, file: file.path)
    }
    start = offset
  }

  /// The bytes of `range`, which was loaded.
  @_lifetime(borrow self)
  func bytes(_ range: Range<Int>) -> RawSpan {
    buffer.rawBytes.extracting((range.lowerBound - start)..<(range.upperBound - start))
  }
}
