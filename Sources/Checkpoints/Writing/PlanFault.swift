/// Faults of what was asked for cannot be written as asked.
public enum PlanFault: FormatFault {
  /// Replaced by the facts of real faults.
  case unspecified

  public var code: String {
    switch self {
    case .unspecified: "Unspecified"
    }
  }

  public var sentence: String {
    switch self {
    case .unspecified: "cannot be read"
    }
  }
}
