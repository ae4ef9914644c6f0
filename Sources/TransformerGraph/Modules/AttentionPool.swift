/// x-transformers' `AttentionPool`: learned queries that attend to an encoder's output.
public struct AttentionPool: Sendable {
  /// What the queries go through.
  public enum Pooler: Sendable {
    case attention(Attention)
    /// A `CrossAttender`.
    case layers(AttentionLayers)
  }

  /// Shape `[tokens, dim]`.
  public let queries: Parameter
  /// See `Pooler`.
  public let pooler: Pooler

  init(
    _ scope: ParameterScope, _ arguments: Arguments, _ layers: AttentionLayers, dialect: Dialect
  ) throws(GraphError) {
    let dimension = try arguments.optionalInt("dim_pooled_tokens") ?? layers.dimension
    let count = try arguments.positive("num_pooled_tokens")
    guard dimension > 0 else {
      throw .impossible(path: arguments.path, reason: "dim_pooled_tokens must be positive")
    }
    queries = scope.parameter("queries", [count, dimension], .normal(standardDeviation: 0.01))
    let depth = try arguments.positive("attn_pool_depth")
    let context = ArgumentValue.int(layers.dimension)
    let width = ArgumentValue.int(layers.headDimension)
    let place = scope.child("pooler")
    guard depth > 1 else {
      pooler = .attention(
        try Attention(
          place,
          Arguments(
            "AttentionPool", [.init("dim_context", context), .init("dim_head", width)],
            signature: Signatures.attention, path: scope.path, dialect: dialect),
          dimension: dimension, headCount: layers.headCount, isCausal: false, mixesValues: false,
          dialect: dialect))
      return
    }
    let configuration = ModuleConfiguration(
      "CrossAttender",
      [
        .init("dim", .int(dimension)), .init("depth", .int(depth)),
        .init("heads", .int(layers.headCount)), .init("cross_attn_dim_context", context),
        .init("attn_dim_head", width),
      ])
    pooler = .layers(
      try AttentionLayers(place, configuration, path: scope.path, dialect: dialect))
  }
}
