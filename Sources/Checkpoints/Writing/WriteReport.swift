public import TensorStorage

/// What the writing did.
public struct WriteReport: Sendable {
  /// The files, as they are named now.
  public var files: [String] = []
  /// Bytes in them.
  public var writtenByteCount = 0
  /// What casting did to each tensor that was cast, by its name in the output, in plan order.
  public var conversions: [(name: TensorName, report: ConversionReport)] = []

  /// What casting did to all of them together.
  public var totalConversion: ConversionReport {
    conversions.reduce(into: ConversionReport()) { $0.merge($1.report) }
  }
}
