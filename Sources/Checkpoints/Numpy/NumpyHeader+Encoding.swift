package import TensorStorage

extension NumpyHeader {
  /// numpy aligns the data to this.
  private static let alignment = 64
  /// numpy leaves room so that the first extent may grow to as many digits.
  private static let growthDigitCount = 21

  /// The bytes in front of an array's elements, exactly as `numpy.save` writes them.
  ///
  /// - Parameters:
  ///   - dtype: What the elements are; they are little-endian.
  ///   - shape: The extents.
  ///   - fortranOrder: Whether the first dimension varies fastest.
  /// - Returns: nil for a dtype that numpy does not have.
  package static func encode(
    dtype: DType, shape: [Int], fortranOrder: Bool = false
  ) -> [UInt8]? {
    guard let code = dtype.numpyCode else { return nil }
    let mark = dtype.bitCount == 8 ? "|" : "<"
    var text =
      "{'descr': '\(mark)\(code)', 'fortran_order': \(fortranOrder ? "True" : "False"), "
      + "'shape': \(tuple(shape)), }"
    if let growing = fortranOrder ? shape.last : shape.first {
      let room = growthDigitCount - String(growing).utf8.count
      text += String(repeating: " ", count: max(0, room))
    }
    return wrapped(Array(text.utf8))
  }

  /// Whether numpy has arrays of that shape: of at most 64 dimensions, and of bytes that it can count, which it does
  /// as if no size were 0.
  static func isSupported(shape: [Int], of dtype: DType) -> Bool {
    guard shape.count <= maximumRank,
      let elementCount = Layout.elementCount(of: shape.filter { $0 != 0 })
    else { return false }
    return dtype.byteCount(elementCount: elementCount) != nil
  }

  /// Adds magic, version and length in front, and padding behind.
  private static func wrapped(_ text: [UInt8]) -> [UInt8] {
    // Version 1 has two bytes for the length; version 2 has four, and 64 dimensions do not need it.
    let lengthEnd = magic.count + 2 + 2
    let unpadded = lengthEnd + text.count + 1
    // Never none: numpy pads by a whole 64 where it would fit.
    let padding = alignment - unpadded % alignment
    let length = UInt16(clamping: text.count + 1 + padding)
    let lengthBytes = [UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
    return magic + [1, 0] + lengthBytes + text + [UInt8](repeating: 0x20, count: padding)
      + [0x0A]
  }

  /// A Python tuple of integers.
  private static func tuple(_ shape: [Int]) -> String {
    let extents = shape.map(String.init).joined(separator: ", ")
    return shape.count == 1 ? "(\(extents),)" : "(\(extents))"
  }
}
