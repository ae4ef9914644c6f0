/// Carries out what is pending on the elements of a view (torch's conjugate and negative bits).
enum ElementModification {
  /// Changes the packed little-endian elements of `bytes` in place.
  ///
  /// Signs of floating and complex values are flipped as bits, as torch's `resolve_conj` and
  /// `resolve_neg` do (so NaN keeps its payload); integers take their two's complement.
  static func apply(
    _ modifiers: ValueModifiers, of dtype: DType, to bytes: inout MutableRawSpan
  ) {
    if modifiers.isEmpty { return }
    let unit = dtype.swapUnitByteCount
    let isSigned = dtype.isFloatingPoint || dtype.isComplex
    for part in 0..<(bytes.byteCount / unit) {
      let isImaginary = dtype.isComplex && !part.isMultiple(of: 2)
      let conjugated = modifiers.contains(.conjugate) && isImaginary
      guard conjugated != modifiers.contains(.negate) else { continue }
      let range = part * unit..<(part + 1) * unit
      if isSigned { flipSign(of: range, in: &bytes) } else { negate(range, in: &bytes) }
    }
  }

  private static func flipSign(of range: Range<Int>, in bytes: inout MutableRawSpan) {
    let last = range.upperBound - 1
    // SAFETY: the range lies within the span.
    let byte = unsafe bytes.unsafeLoad(fromByteOffset: last, as: UInt8.self)
    bytes.storeBytes(of: byte ^ 0x80, toByteOffset: last, as: UInt8.self)
  }

  private static func negate(_ range: Range<Int>, in bytes: inout MutableRawSpan) {
    var carry = true
    for position in range {
      // SAFETY: the range lies within the span.
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
      let (sum, overflow) = (~byte).addingReportingOverflow(carry ? 1 : 0)
      bytes.storeBytes(of: sum, toByteOffset: position, as: UInt8.self)
      carry = overflow
    }
  }
}
