/// Converts elements between dtypes, rounding to nearest, ties to even.
public enum ElementConversion {
  /// Whether elements of `source` can be converted to `target`.
  public static func isSupported(from source: DType, to target: DType) -> Bool { false }

  /// Converts packed little-endian elements.
  ///
  /// - Precondition: The pair is supported and both spans hold the same number of elements.
  public static func convert(
    _ source: RawSpan, from sourceDType: DType, into target: inout MutableRawSpan,
    as targetDType: DType, report: inout ConversionReport
  ) {
    preconditionFailure("not built yet")
  }
}
