/// Faults of files that are something else, recognised and named.
public enum ForeignFault: FormatFault {
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
