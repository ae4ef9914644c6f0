/// Faults of the zip container.
public enum ZipFault: FormatFault {
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
