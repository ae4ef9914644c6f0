/// What a model is run on.
public struct ModelInput: Sendable {
  /// Token ids, shape `[batch, length]`.
  public struct Tokens: Sendable {
    /// The ids, row-major.
    public var ids: [Int]
    /// Sequences.
    public var batch: Int
    /// Tokens of each.
    public var length: Int

    /// Ids of the shape `[batch, length]`.
    public init(_ ids: [Int], batch: Int, length: Int) {
      precondition(ids.count == batch * length, "the ids do not fill the shape")
      (self.ids, self.batch, self.length) = (ids, batch, length)
    }
  }

  /// Features, shape `[batch, length, width]`.
  public struct Features: Sendable {
    /// The values, row-major.
    public var values: [Float]
    /// Sequences.
    public var batch: Int
    /// Positions of each.
    public var length: Int
    /// Features of each position.
    public var width: Int

    /// Values of the shape `[batch, length, width]`.
    public init(_ values: [Float], batch: Int, length: Int, width: Int) {
      precondition(values.count == batch * length * width, "the values do not fill the shape")
      (self.values, self.batch, self.length, self.width) = (values, batch, length, width)
    }
  }

  /// Which positions are there, shape `[batch, length]`.
  public struct Presence: Sendable {
    /// The flags, row-major.
    public var flags: [Bool]
    /// Sequences.
    public var batch: Int
    /// Positions of each.
    public var length: Int

    /// Flags of the shape `[batch, length]`.
    public init(_ flags: [Bool], batch: Int, length: Int) {
      precondition(flags.count == batch * length, "the flags do not fill the shape")
      (self.flags, self.batch, self.length) = (flags, batch, length)
    }
  }

  /// The tokens of a TransformerWrapper, or of the decoder of an XTransformer.
  public var tokens: Tokens?
  /// Which tokens are there; nil: all.
  public var mask: Presence?
  /// What cross-attention attends to.
  public var context: Features?
  /// Which of the context is there.
  public var contextMask: Presence?
  /// The tokens of an XTransformer's encoder.
  public var source: Tokens?
  /// Which of them are there.
  public var sourceMask: Presence?
  /// The input of a ContinuousTransformerWrapper or of bare layers.
  public var embeds: Features?
  /// Ids of further embeddings (`embed_num_tokens`), by name.
  public var embedIDs: [String: Tokens] = [:]
  /// How many tokens in front a PrefixDecoder sees from everywhere.
  public var prefixLength = 0
  /// Whether features are returned in place of logits.
  public var returnsEmbeddings = false

  /// An input without anything yet.
  public init() {}
}

/// What a model gives: values of a shape, row-major float32.
public struct ModelOutput: Sendable {
  /// The values.
  public var values: [Float]
  /// The extents: `[b, n, logits]`, `[heads, b, n, d]` for several heads, `[b, d]` where tokens are pooled.
  public var shape: [Int]
}
