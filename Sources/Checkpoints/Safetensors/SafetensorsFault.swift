/// Faults of the safetensors header and its shards' agreement with it.
public enum SafetensorsFault: FormatFault {
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
