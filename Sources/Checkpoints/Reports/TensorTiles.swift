package import TensorStorage

/// Reads tensors from front to back, tile by tile.
package enum TensorTiles {
  /// Calls `body` with each tile's bytes and the index of its first element, in order.
  ///
  /// A tile has at most `byteCount` bytes, which must be 128 or more. A tensor without elements has none.
  package static func forEach(
    of tensor: LazyTensor, byteCount: Int,
    _ body: (RawSpan, Int) throws(FileError) -> Void
  ) throws(FileError) {
    guard tensor.elementCount > 0 else { return }
    var reader = try TensorReader(tensor)
    let tileElementCount = elementCount(of: tensor.dtype, tileByteCount: byteCount)
    var buffer = TensorBytes(byteCount: min(byteCount, tensor.byteCount))
    var start = 0
    while start < tensor.elementCount {
      let elements = start..<min(start + tileElementCount, tensor.elementCount)
      let count = try buffer.fill(from: &reader, elements: elements, of: tensor.dtype)
      try body(buffer.bytes.extracting(0..<count), start)
      start = elements.upperBound
    }
  }

  /// How many elements fit a tile: a multiple of eight, so that elements of 4 and 6 bits end on a byte.
  static func elementCount(of dtype: DType, tileByteCount: Int) -> Int {
    max(8, tileByteCount * 8 / dtype.bitCount & ~7)
  }
}

extension TensorBytes {
  /// Reads `elements` to the buffer's byte `offset`; answers how many bytes they are.
  mutating func fill(
    at offset: Int = 0, from reader: inout TensorReader, elements: Range<Int>, of dtype: DType
  ) throws(FileError) -> Int {
    // Full bytes: a tile has a multiple of eight elements, and the whole tensor ends on a byte.
    let count = dtype.byteCount(elementCount: elements.count) ?? 0
    var span = mutableBytes(offset..<(offset + count))
    try reader.read(elements: elements, into: &span)
    return count
  }
}
