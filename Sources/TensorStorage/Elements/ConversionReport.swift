/// What a cast did to the values.
public struct ConversionReport: Hashable, Sendable {
  /// Elements that were converted.
  public var elementCount = 0
  /// Finite values that became infinite (or, in a dtype without infinities, NaN).
  public var overflowCount = 0
  /// Values other than zero that became zero.
  public var underflowCount = 0
  /// NaNs in the source.
  public var nanCount = 0
  /// The largest |converted − original| among values that stayed finite.
  public var worstAbsoluteError = 0.0
  /// The largest |converted − original| / |original| among values that stayed finite and not zero.
  public var worstRelativeError = 0.0

  /// A report of nothing yet.
  public init() {}

  /// Adds what another part of the work found.
  public mutating func merge(_ other: ConversionReport) {
    elementCount += other.elementCount
    overflowCount += other.overflowCount
    underflowCount += other.underflowCount
    nanCount += other.nanCount
    worstAbsoluteError = max(worstAbsoluteError, other.worstAbsoluteError)
    worstRelativeError = max(worstRelativeError, other.worstRelativeError)
  }
}
