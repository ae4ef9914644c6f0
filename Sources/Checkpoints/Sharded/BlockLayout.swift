internal import TensorStorage

/// Where the bytes of a block stand in the tensor that it is a part of.
///
/// Bytes rather than elements: an element is one more dimension, which every block fills.
struct BlockLayout {
  /// Extents of the block, outermost first; the last is that of an element.
  private let extents: [Int]
  /// Where the block begins along each dimension.
  private let offsets: [Int]
  /// Bytes from one index to the next, in the block and in the whole.
  private let blockStrides: [Int]
  private let wholeStrides: [Int]
  /// The outermost dimension of a run.
  private let runDimension: Int

  /// Bytes that are neighbours in the block and in the whole: rows, or as many rows as the block fills.
  let runByteCount: Int

  /// The layout of the block of extents `block` that begins at `offsets` of a tensor of `shape`.
  ///
  /// - Precondition: The block has elements and lies within the shape, whose bytes can be counted.
  init(block: [Int], at offsets: [Int], of shape: [Int], elementByteCount: Int) {
    extents = block + [elementByteCount]
    self.offsets = offsets + [0]
    let whole = shape + [elementByteCount]
    blockStrides = Layout.packedStrides(of: extents)
    wholeStrides = Layout.packedStrides(of: whole)
    // A dimension that the block fills from end to end joins the run, and so does the next outside.
    var dimension = extents.count - 1
    while dimension > 0, extents[dimension] == whole[dimension] { dimension -= 1 }
    runDimension = dimension
    runByteCount = extents[dimension] * blockStrides[dimension]
  }

  /// How many of the block's bytes stand before byte `index` of the whole.
  func position(ofByte index: Int) -> Int {
    var rest = index
    var count = 0
    for dimension in extents.indices {
      let coordinate = rest / wholeStrides[dimension] - offsets[dimension]
      rest %= wholeStrides[dimension]
      if coordinate < 0 { return count }
      if coordinate >= extents[dimension] {
        return count + extents[dimension] * blockStrides[dimension]
      }
      count += coordinate * blockStrides[dimension]
    }
    return count
  }

  /// Where byte `position` of the block stands in the whole.
  func place(ofByte position: Int) -> Int {
    var rest = position
    var place = 0
    for dimension in extents.indices {
      place += (rest / blockStrides[dimension] + offsets[dimension]) * wholeStrides[dimension]
      rest %= blockStrides[dimension]
    }
    return place
  }
}
