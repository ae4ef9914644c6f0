package import TensorStorage

/// A tensor, or a slice of one, whose values are to be shown.
package struct TensorExcerpt: Sendable {
  /// The dtype of the values.
  package let dtype: DType
  /// The extents of what is shown.
  package let shape: [Int]
  /// The product of `shape`.
  package var elementCount: Int { Layout.elementCount(of: shape) ?? 0 }
  /// Bytes of the values.
  package var byteCount: Int { tensor.dtype.byteCount(elementCount: elementCount) ?? 0 }

  let tensor: LazyTensor
  let geometry: SliceGeometry

  /// The part of `tensor` that `slice` takes.
  package init(of tensor: LazyTensor, slice: TensorSlice) throws(SliceError) {
    dtype = tensor.dtype
    // Elements of 4 and 6 bits have no place of their own in memory; as F32 they keep their values.
    self.tensor = tensor.dtype.isSubByte ? tensor.cast(to: .f32) ?? tensor : tensor
    geometry = try SliceGeometry(slice, of: tensor.shape)
    shape = geometry.shape
  }

  /// Calls `body` with each value in row-major order.
  package func forEachValue(
    tileByteCount: Int, _ body: (ElementValue) throws(FileError) -> Void
  ) throws(FileError) {
    try forEachTile(byteCount: tileByteCount) { tile throws(FileError) in
      for value in ElementValue.values(in: tile, dtype: tensor.dtype) { try body(value) }
    }
  }

  /// Calls `body` with the values that have one of the given indices in each dimension, in row-major order.
  ///
  /// For few values: each is read by itself.
  package func forEachValue(
    at indices: [[Int]], _ body: (ElementValue) throws(FileError) -> Void
  ) throws(FileError) {
    var indices = indices[...]
    let strides = Layout.packedStrides(of: geometry.tensorShape)
    var positions = [0]
    for (axis, stride) in zip(geometry.axes, strides) {
      let chosen = axis.isKept ? indices.popFirst() ?? [] : [0]
      let offsets = chosen.map { (axis.first + $0 * axis.step) * stride }
      positions = positions.flatMap { position in offsets.map { position + $0 } }
    }
    var reader = try TensorReader(tensor)
    var buffer = TensorBytes(byteCount: tensor.dtype.bitCount / 8)
    for position in positions {
      _ = try buffer.fill(from: &reader, elements: position..<(position + 1), of: tensor.dtype)
      for value in ElementValue.values(in: buffer.bytes, dtype: tensor.dtype) { try body(value) }
    }
  }

  func forEachTile(
    byteCount: Int, _ body: (RawSpan) throws(FileError) -> Void
  ) throws(FileError) {
    var reader = try SliceReader(tensor, geometry, byteCount: byteCount)
    try reader.forEachTile(body)
  }
}
