package import TensorStorage

extension LazyTensor {
  /// Tiles that stay in the processor's cache.
  private static let equalityTileByteCount = 1 << 18

  /// Whether both have the same dtype, shape and bytes; reads them as far as they are the same.
  package func hasSameElements(as other: LazyTensor) throws(FileError) -> Bool {
    guard dtype == other.dtype, shape == other.shape else { return false }
    if isSameView(as: other) { return true }
    var isSame = true
    try TilePair.forEach(of: self, other, byteCount: Self.equalityTileByteCount) {
      pair throws(FileError) in
      isSame = pair.hasSameBytes
      return isSame
    }
    return isSame
  }
}
