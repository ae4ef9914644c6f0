internal import TensorStorage

extension Matrix {
  /// The inverse as far as there is one (Moore and Penrose), and the rank.
  ///
  /// Singular values below the largest one's rounding in float32, in which weights are kept, count as zero.
  func pseudoinverse() throws(LinearAlgebraFault) -> (matrix: Matrix, rank: Int) {
    let (u, values, v) = try LinearAlgebra.singular(of: self)
    let limit = (values.first ?? 0) * Double(max(rowCount, columnCount)) * 0x1p-24
    let rank = values.count { $0 > limit }
    var scaled = v
    for row in 0..<v.rowCount {
      let factor = row < rank ? 1 / values[row] : 0
      for column in 0..<v.columnCount { scaled[row, column] *= factor }
    }
    let transposed = LinearAlgebra.product(u, scaled).transposed
    return (transposed, rank)
  }
}

extension LazyTensor {
  /// Numbers that were computed, rounded to `dtype`; a plan shows `formula`.
  init?(float64 values: [Double], shape: [Int], as dtype: DType, formula: String) {
    let bytes = values.withFloatBytes { [UInt8]($0) }
    guard
      let wide = LazyTensor(dtype: .f64, shape: shape, storage: Storage(MemoryBytes(bytes))),
      let tensor = LazyTensor.combination([.init(1, wide)], as: dtype, formula: formula)
    else { return nil }
    self = tensor
  }
}
