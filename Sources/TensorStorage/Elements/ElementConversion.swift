internal import CKernels

/// Converts elements between dtypes, rounding to nearest, ties to even.
public enum ElementConversion {
  /// Whether elements of `source` can be converted to `target`.
  ///
  /// Sources are the floating-point dtypes, targets those of 16 bits and more.
  public static func isSupported(from source: DType, to target: DType) -> Bool {
    source.kernelKind != nil && target.kernelKind != nil && target.bitCount >= 16
  }

  /// Converts packed little-endian elements.
  ///
  /// A NaN keeps its sign and the leading bits of its payload and becomes quiet. Elements of less than
  /// a byte lie in a stream of bits that begins with the lowest of each byte.
  ///
  /// - Precondition: The pair is supported and both spans hold the same number of elements.
  public static func convert(
    _ source: RawSpan, from sourceDType: DType, into target: inout MutableRawSpan,
    as targetDType: DType, report: inout ConversionReport
  ) {
    convert(
      source, from: sourceDType, into: &target, as: targetDType, report: &report, using: .best)
  }

  /// The same with a chosen version of the kernel.
  package static func convert(
    _ source: RawSpan, from sourceDType: DType, into target: inout MutableRawSpan,
    as targetDType: DType, report: inout ConversionReport, using instructions: Instructions
  ) {
    let count = target.byteCount / (targetDType.bitCount / 8)
    guard isSupported(from: sourceDType, to: targetDType), let from = sourceDType.kernelKind,
      let to = targetDType.kernelKind,
      targetDType.byteCount(elementCount: count) == target.byteCount,
      sourceDType.byteCount(elementCount: count) == source.byteCount
    else { preconditionFailure("\(sourceDType) to \(targetDType): no conversion, or other counts") }
    var found = ck_conversion_report()
    // SAFETY: both hold `count` elements of their kinds, checked above.
    unsafe source.withUnsafeBytes { input in
      unsafe target.withUnsafeMutableBytes { output in
        unsafe ck_convert_at(
          instructions.level, input.baseAddress, from, output.baseAddress, to, count, &found)
      }
    }
    report.merge(ConversionReport(found, elementCount: count))
  }
}

extension ConversionReport {
  fileprivate init(_ found: ck_conversion_report, elementCount: Int) {
    self.elementCount = elementCount
    overflowCount = Int(clamping: found.overflow_count)
    underflowCount = Int(clamping: found.underflow_count)
    nanCount = Int(clamping: found.nan_count)
    worstAbsoluteError = found.worst_absolute_error
    worstRelativeError = found.worst_relative_error
  }
}

extension DType {
  /// The name that the kernels have for a floating-point dtype.
  fileprivate var kernelKind: ck_float? {
    switch self {
    case .f32: CK_F32
    case .f64: CK_F64
    case .f16: CK_F16
    case .bf16: CK_BF16
    case .f8e5m2: CK_F8_E5M2
    case .f8e4m3: CK_F8_E4M3
    case .f8e8m0: CK_F8_E8M0
    case .f8e4m3fnuz: CK_F8_E4M3FNUZ
    case .f8e5m2fnuz: CK_F8_E5M2FNUZ
    case .f6e2m3: CK_F6_E2M3
    case .f6e3m2: CK_F6_E3M2
    case .f4: CK_F4_E2M1
    default: nil
    }
  }
}
