internal import TensorStorage

extension LazyTensor {
  /// The same elements under another shape; nil if their number differs.
  func reshaped(_ shape: [Int]) -> LazyTensor? {
    if shape == self.shape { return self }
    guard shape.reduce(1, *) == elementCount else { return nil }
    guard isPlainCopy else { return (try? floats()).map { .values($0, shape) } }
    return LazyTensor(dtype: dtype, shape: shape, storage: storage, byteOffset: byteOffset)
  }

  /// Its rows in another order; nil stands for the order they have.
  func takingRows(_ order: [Int]?) -> LazyTensor? {
    guard let order else { return self }
    return .rows(of: order.map { RowRun(self, $0..<($0 + 1)) })
  }

  /// `self · factor + constant`; as it is where that changes nothing.
  ///
  /// Sixteen bits have no room for a gain that moved by one, so those become float32.
  func scaled(by factor: Double, plus constant: Double = 0, formula: String) -> LazyTensor? {
    if factor == 1, constant == 0 { return self }
    let wide: DType = dtype == .f64 ? .f64 : .f32
    return .combination([.init(factor, self)], plus: constant, as: wide, formula: formula)
  }

  /// Values in memory.
  static func values(_ values: [Float], _ shape: [Int]) -> LazyTensor {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * values.count)
    for value in values {
      let bits = value.bitPattern
      for shift in stride(from: 0, through: 24, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift)))
      }
    }
    guard
      let tensor = LazyTensor(dtype: .f32, shape: shape, storage: Storage(MemoryBytes(bytes)))
    else { preconditionFailure("\(values.count) values do not have the shape \(shape)") }
    return tensor
  }

  /// The same value everywhere.
  static func filled(_ shape: [Int], with value: Float) -> LazyTensor {
    .values([Float](repeating: value, count: shape.reduce(1, *)), shape)
  }

  /// The matrix that changes nothing.
  static func identity(_ count: Int) -> LazyTensor {
    let values = (0..<(count * count)).map { Float($0 / count == $0 % count ? 1 : 0) }
    return .values(values, [count, count])
  }
}
