/// Carries out what is pending on the elements of a view (torch's conjugate and negative bits).
enum ElementModification {
  /// Whether the modifiers can be carried out on elements of `dtype`.
  ///
  /// Negation is torch's: for numbers, not for truth values or dtypes of a byte without such arithmetic.
  static func isSupported(_ modifiers: ValueModifiers, of dtype: DType) -> Bool {
    if !modifiers.contains(.negate) { return true }
    switch dtype {
    case .u8, .i8, .i16, .i32, .i64, .u16, .u32, .u64, .f16, .bf16, .f32, .f64: return true
    default: return dtype.isComplex
    }
  }

  /// Changes the packed little-endian elements of `bytes` in place.
  ///
  /// Signs of floating and complex values are flipped as bits, as torch's `resolve_conj` and
  /// `resolve_neg` do (so NaN keeps its payload); integers take their two's complement. What only
  /// complex values have is left alone in others.
  static func apply(
    _ modifiers: ValueModifiers, of dtype: DType, to bytes: inout MutableRawSpan
  ) {
    let unit = dtype.swapUnitByteCount
    let negates = modifiers.contains(.negate)
    if dtype.isComplex {
      if negates { flipSigns(from: 0, step: 2 * unit, unit: unit, in: &bytes) }
      if negates != modifiers.contains(.conjugate) {
        flipSigns(from: unit, step: 2 * unit, unit: unit, in: &bytes)
      }
    } else if negates {
      if dtype.isFloatingPoint {
        flipSigns(from: 0, step: unit, unit: unit, in: &bytes)
      } else {
        negateIntegers(of: unit, in: &bytes)
      }
    }
  }

  /// Flips the highest bit of every unit that begins at `start`, `start + step`, ….
  private static func flipSigns(
    from start: Int, step: Int, unit: Int, in bytes: inout MutableRawSpan
  ) {
    for position in stride(from: start + unit - 1, to: bytes.byteCount, by: step) {
      bytes.storeBytes(of: bytes.byte(at: position) ^ 0x80, toByteOffset: position, as: UInt8.self)
    }
  }

  private static func negateIntegers(of unit: Int, in bytes: inout MutableRawSpan) {
    for start in stride(from: 0, to: bytes.byteCount, by: unit) {
      var carry = true
      for position in start..<(start + unit) {
        let (sum, overflow) = (~bytes.byte(at: position)).addingReportingOverflow(carry ? 1 : 0)
        bytes.storeBytes(of: sum, toByteOffset: position, as: UInt8.self)
        carry = overflow
      }
    }
  }
}
