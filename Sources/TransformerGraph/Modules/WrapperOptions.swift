/// What a TransformerWrapper has around its stack besides embeddings and head.
struct WrapperOptions {
  let pool: AttentionPool?
  let recurrence: TransformerWrapper.Recurrence
  let deepEmbedding: Parameter?
  let mixture: TransformerWrapper.SoftmaxMixture?
  let nextEmbedding: [Linear]

  init(
    _ scope: ParameterScope, _ arguments: Arguments, _ layers: AttentionLayers, path: String,
    dialect: Dialect
  ) throws(GraphError) {
    let dimension = layers.dimension
    recurrence = try Self.recurrence(scope, arguments, layers)
    deepEmbedding = try Self.deepEmbedding(scope, arguments, layers, path: path)
    mixture = try Self.mixture(scope, arguments, dimension)
    nextEmbedding =
      try arguments.bool("add_continuous_pred_head")
      ? ["0", "2"].map { number in
        Linear(
          scope.child("to_next_embed_pred.\(number)"), dimension, dimension, hasBias: false)
      } : []
    pool =
      try arguments.bool("attn_pool")
      ? AttentionPool(scope.child("attn_pool"), arguments, layers, dialect: dialect) : nil
  }

  private static func recurrence(
    _ scope: ParameterScope, _ arguments: Arguments, _ layers: AttentionLayers
  ) throws(GraphError) -> TransformerWrapper.Recurrence {
    let dimension = layers.dimension
    if try arguments.bool("recycling") {
      return .recycling(
        Linear(scope.child("recycled_proj"), dimension, dimension, hasBias: false))
    }
    guard try arguments.bool("looped") else { return .none }
    guard layers.hasPreAndPostNorms else {
      throw .impossible(path: arguments.path, reason: "looped needs layers with pre_and_post_norm")
    }
    return .looped(
      count: try arguments.positive("max_looped_steps"),
      exitGate: Linear(scope.child("exit_gate"), dimension, 1, hasBias: false))
  }

  private static func deepEmbedding(
    _ scope: ParameterScope, _ arguments: Arguments, _ layers: AttentionLayers, path: String
  ) throws(GraphError) -> Parameter? {
    guard try arguments.bool("ff_deep_embed") else { return nil }
    let plan = try LayerPlan(
      LayerArguments(
        arguments.module("attn_layers"), path: path, dialect: arguments.dialect
      ).layers,
      isCrossAttender: layers.kind == .crossAttender)
    return scope.parameter(
      "ff_deep_embed", [try arguments.int("num_tokens"), plan.depth, layers.dimension],
      .constant(1))
  }

  private static func mixture(
    _ scope: ParameterScope, _ arguments: Arguments, _ dimension: Int
  ) throws(GraphError) -> TransformerWrapper.SoftmaxMixture? {
    guard try arguments.bool("mixture_of_softmax") else { return nil }
    let count = try arguments.positive("mixture_of_softmax_k")
    return TransformerWrapper.SoftmaxMixture(
      toFeatures: Linear(
        scope.child("to_mixture.0"), dimension, dimension * count, hasBias: false),
      toWeights: Linear(scope.child("combine_mixture"), dimension, count, hasBias: false))
  }

  /// Combinations that x-transformers refuses, or that fail in its forward pass.
  static func check(_ arguments: Arguments) throws(GraphError) {
    let pairs = [
      ("average_pool_embed", "use_cls_token"), ("recycling", "looped"),
      ("use_cls_token", "attn_pool"),
    ]
    for (one, other) in pairs where try arguments.all(one, other) {
      throw .impossible(path: arguments.path, reason: "\(one) and \(other) exclude each other")
    }
    let headCount = try arguments.int("num_output_heads")
    for name in ["mixture_of_softmax", "sigsoftmax_logits"]
    where try arguments.bool(name) && headCount > 1 {
      throw .impossible(path: arguments.path, reason: "\(name) needs a single output head")
    }
    if let interval = try arguments.optionalInt("memory_tokens_interspersed_every"), interval < 1 {
      throw .impossible(
        path: arguments.path, reason: "memory_tokens_interspersed_every must be positive")
    }
    if let count = try arguments.optionalInt("num_memory_tokens"), count < 0 {
      throw .impossible(path: arguments.path, reason: "num_memory_tokens must not be negative")
    }
    guard try arguments.double("emb_frac_gradient") > 0 else {
      throw .impossible(path: arguments.path, reason: "emb_frac_gradient must be positive")
    }
  }
}

extension AttentionLayers {
  /// Whether every layer has a norm before its block and one after its residual.
  var hasPreAndPostNorms: Bool { layers.allSatisfy { $0.postNorm != nil } }
}
