public import Checkpoints

extension TransformerWrapper {
  /// Makes a wrapper with fresh weights: x-transformers' own distributions, computed when they are read.
  ///
  /// - Parameters:
  ///   - configuration: A call of `TransformerWrapper`, its `attn_layers` included.
  ///   - tokenEmb: A TokenEmbedding to use as it is, values and all; nil makes a new one.
  ///   - seed: The same seed gives the same weights.
  ///   - dialect: The release whose meaning the weights have.
  /// - Throws: `GraphError` where the call is impossible, or `tokenEmb` has other rows or columns than it needs.
  public init(
    _ configuration: ModuleConfiguration, tokenEmb: TokenEmbedding? = nil, seed: UInt64,
    dialect: Dialect = .newest
  ) throws(GraphError) {
    let source = FreshParameters(seed: seed)
    try self.init(configuration, tokenEmb, source, dialect)
    if let path = source.impossiblePath {
      throw .impossible(path: path, reason: "has more elements than memory could address")
    }
  }

  /// Makes a wrapper whose weights are a checkpoint's, not yet read.
  ///
  /// - Parameters:
  ///   - configuration: A call of `TransformerWrapper`, its `attn_layers` included.
  ///   - tokenEmb: A TokenEmbedding to use in place of the checkpoint's own; nil takes that.
  ///   - checkpoint: The tensors; slots that it does not fill are in `slots`, not errors.
  ///   - prefix: What stands before each path in the checkpoint's names, as `net.`.
  ///   - dialect: The release whose meaning the weights have.
  /// - Throws: `GraphError` where the call is impossible, or `tokenEmb` has other rows or columns than it needs.
  public init(
    _ configuration: ModuleConfiguration, tokenEmb: TokenEmbedding? = nil, checkpoint: Checkpoint,
    prefix: String = "", dialect: Dialect = .newest
  ) throws(GraphError) {
    try self.init(
      configuration, tokenEmb, BoundParameters(checkpoint, prefix: prefix), dialect)
  }

  private init(
    _ configuration: ModuleConfiguration, _ tokenEmb: TokenEmbedding?,
    _ source: any ParameterSource, _ dialect: Dialect
  ) throws(GraphError) {
    guard configuration.className == "TransformerWrapper" else {
      throw .unknownClass(
        path: "", name: configuration.className, nearest: "TransformerWrapper")
    }
    try self.init(
      ParameterScope(source: source, path: ""), configuration, path: "", dialect: dialect,
      sharedEmbedding: tokenEmb)
  }
}
