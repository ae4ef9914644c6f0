// Which tensors a release stores, and under which names. Where two names cannot be confused the graph takes
// whichever is there; what is here decides where they could be, and what a migrated checkpoint is called.

extension Dialect {
  /// The last norm is a `torch.nn.LayerNorm` named `norm` on the wrapper, whatever the other norms are, and a
  /// post-norm stack has no norm behind its last layer.
  public var hasWrapperNorm: Bool { self < Dialect(1, 15, 0) }

  /// Whether the encoder of `XTransformer` has a head of its own that is not used.
  public var encoderHasHead: Bool { self < Dialect(1, 35, 2) }

  /// Whether sub-layers have up to three norms, numbered; before 0.21 one, without a number.
  public var numbersNorms: Bool { self >= Dialect(0, 21, 0) }

  /// The name of the token table below `token_emb`.
  public var tokenTableName: String { self < Dialect(0, 24, 0) ? "weight" : "emb.weight" }

  /// The name of the feed-forward block's sequence.
  public var feedForwardName: String { self < Dialect(0, 33, 0) ? "net" : "ff" }

  /// The number of the second feed-forward layer where no norm stands before it.
  public var feedForwardOutputNumber: Int { self < Dialect(1, 18, 0) ? 3 : 2 }

  /// Where the 1×1 convolutions over heads stand: on the attention, later on its `attend`.
  public var talkingHeadsStandOnAttention: Bool { self < Dialect(1, 12, 2) }

  /// The gain of a LayerNorm, and what it has for a bias.
  public var layerNormNames: (gain: String, bias: String?, biasIsBuffer: Bool) {
    if self < Dialect(1, 27, 0) { return ("weight", "bias", false) }
    if self < Dialect(1, 27, 1) { return ("gamma", "beta", true) }
    return self < Dialect(1, 31, 0) ? ("weight", nil, false) : ("gamma", nil, false)
  }

  /// Whether `to_out` has a bias.
  public var attentionOutputHasBias: Bool { self < Dialect(0, 26, 0) }

  /// Whether `to_v_gate` has a bias.
  public var valueGateHasBias: Bool { self < Dialect(2, 26, 0) }

  /// Whether `to_logits`, `project_in` and `project_out` have a bias.
  public var headHasBias: Bool { self < Dialect(1, 27, 0) }

  /// Whether an attention of a single head projects its output.
  public var singleHeadProjectsOutput: Bool { self < Dialect(2, 17, 0) }

  /// Whether memory keys and values are stored for each query head, not for each key head.
  public var memoriesStandForEachHead: Bool { self < Dialect(1, 27, 8) }

  /// The leading extents of `qk_norm_q_scale` and `qk_norm_k_scale`, before the head's features.
  public func dimensionScaleExtents(heads: Int, keyHeads: Int) -> (query: [Int], key: [Int]) {
    if self < Dialect(1, 19, 1) { return ([], []) }
    return ([heads, 1], [self < Dialect(1, 40, 10) ? heads : keyHeads, 1])
  }

  /// Whether values of the first layer are mixed by one amount for all heads (before 1.42.16).
  public var headsShareValueMix: Bool { self < Dialect(1, 42, 16) }

  /// Whether the norm behind the embeddings has the features of the stack; later those of the embeddings.
  public var postEmbeddingNormHasModelDimension: Bool { self < Dialect(1, 6, 3) }

  /// Whether the class token is one row without a leading extent.
  public var classTokenIsVector: Bool { self < Dialect(1, 40, 11) }

  /// The extents of ALiBi's learned slopes of `count` heads.
  public func learnedSlopesShape(count: Int) -> [Int] {
    self < Dialect(0, 26, 4) ? [1, count, 1, 1] : [count, 1, 1]
  }
}
