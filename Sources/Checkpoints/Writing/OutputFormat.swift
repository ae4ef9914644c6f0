/// A format that checkpoints are written in.
public enum OutputFormat: String, CaseIterable, Sendable {
  /// One safetensors file, or shards with an index.
  case safetensors
  /// What `torch.save` writes, or `.bin` shards with an index.
  case pt
  /// What `numpy.savez` writes.
  case npz

  /// The format that a file name's suffix asks for: the reader's formats are told by their bytes, the
  /// writer's by this.
  public init?(suffixOf path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[name.index(after: dot)...].lowercased() {
    case "safetensors": self = .safetensors
    case "pt", "pth", "bin", "ckpt": self = .pt
    case "npz": self = .npz
    default: return nil
    }
  }
}

/// What becomes of tensors that share bytes.
public enum AliasPolicy: String, CaseIterable, Sendable {
  /// One storage in the file and several tensors that look into it (`.pt` only).
  case keep
  /// Each tensor gets bytes of its own.
  case copy
  /// One tensor is written; `__metadata__` says `dropped → kept` for each other name (safetensors only).
  case meta
  /// Sharing is refused, and the message names the group.
  case error
}

extension OutputFormat {
  /// The ways in which it can deal with tensors that share bytes, its own way first.
  public var aliasPolicies: [AliasPolicy] {
    switch self {
    case .safetensors: [.meta, .copy, .error]
    case .pt: [.keep, .copy, .error]
    case .npz: [.copy, .error]
    }
  }
}
