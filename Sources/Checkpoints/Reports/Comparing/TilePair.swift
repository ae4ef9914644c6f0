internal import TensorStorage

/// The same elements of two tensors.
struct TilePair: ~Escapable {
  /// The packed elements of the first.
  let a: RawSpan
  /// The packed elements of the second.
  let b: RawSpan
  /// The row-major position of the first element.
  let firstElement: Int
  /// How many elements there are.
  let elementCount: Int

  @_lifetime(copy a, copy b)
  private init(a: RawSpan, b: RawSpan, firstElement: Int, elementCount: Int) {
    self.a = a
    self.b = b
    self.firstElement = firstElement
    self.elementCount = elementCount
  }

  /// Whether both have the same bytes.
  var hasSameBytes: Bool { a.hasSameBytes(as: b) }

  /// Reads two tensors with as many elements side by side, for as long as `body` answers true.
  ///
  /// A tile has at most `byteCount` bytes, which must be 128 or more.
  static func forEach(
    of a: LazyTensor, _ b: LazyTensor, byteCount: Int,
    _ body: (borrowing TilePair) throws(FileError) -> Bool
  ) throws(FileError) {
    guard a.elementCount > 0 else { return }
    let wider = a.dtype.bitCount > b.dtype.bitCount ? a.dtype : b.dtype
    let tileElementCount = TensorTiles.elementCount(of: wider, tileByteCount: byteCount)
    var readerA = try TensorReader(a)
    var readerB = try TensorReader(b)
    var bufferA = TensorBytes(byteCount: min(byteCount, a.byteCount))
    var bufferB = TensorBytes(byteCount: min(byteCount, b.byteCount))
    var start = 0
    while start < a.elementCount {
      let elements = start..<min(start + tileElementCount, a.elementCount)
      let countA = try bufferA.fill(from: &readerA, elements: elements, of: a.dtype)
      let countB = try bufferB.fill(from: &readerB, elements: elements, of: b.dtype)
      let pair = TilePair(
        a: bufferA.bytes.extracting(0..<countA), b: bufferB.bytes.extracting(0..<countB),
        firstElement: start, elementCount: elements.count)
      guard try body(pair) else { return }
      start = elements.upperBound
    }
  }
}
