/// Arithmetic on shapes and strides, checked, since both come from files.
public enum Layout {
  /// The product of the extents; nil if one is negative or the product overflows.
  ///
  /// Left to right, as the safetensors reference multiplies: `[2^62, 4, 0]` overflows before its zero.
  public static func elementCount(of shape: [Int]) -> Int? {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }

  /// The strides of the packed row-major tensor of that shape, in elements.
  public static func packedStrides(of shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for dimension in stride(from: shape.count - 2, through: 0, by: -1) {
      strides[dimension] = strides[dimension + 1] &* max(1, shape[dimension + 1])
    }
    return strides
  }

  /// Whether elements with these strides lie packed and row-major; extents of 1 may have any stride.
  public static func isPacked(shape: [Int], strides: [Int]) -> Bool {
    if shape.contains(0) { return true }
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return false }
      expected &*= extent
    }
    return true
  }

  /// Elements from the first to the end of the last: `1 + Σ (extent − 1) · stride`.
  ///
  /// - Returns: nil on overflow, a negative extent or a negative stride, save that of an extent of 1; 0
  ///   for a tensor without elements.
  public static func extent(shape: [Int], strides: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var last = 0
    for (extent, stride) in zip(shape, strides) where extent != 1 {
      let (span, overflow) = (extent &- 1).multipliedReportingOverflow(by: stride)
      let (sum, tooFar) = last.addingReportingOverflow(span)
      guard extent > 0, stride >= 0, !overflow, !tooFar else { return nil }
      last = sum
    }
    let (extent, overflow) = last.addingReportingOverflow(1)
    return overflow ? nil : extent
  }
}
