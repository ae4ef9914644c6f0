/// How bytes that no file holds come about; a plan shows it.
public enum Derivation: Hashable, Sendable {
  /// They are rows of other tensors, copied.
  case rows
  /// They are the values of a formula, as `0.125 · token_emb.emb.weight`.
  case computed(formula: String)
}

extension ByteSource {
  /// Nil: the bytes are as something stored them.
  public var derivation: Derivation? { nil }
}

extension LazyTensor {
  /// How its bytes come about, if no file holds them.
  public var derivation: Derivation? { storage.source.derivation }

  /// The same elements as a tensor of its own: it shares no bytes with any other.
  public var detached: LazyTensor {
    replacingStorage(Storage(storage.source))
  }
}
