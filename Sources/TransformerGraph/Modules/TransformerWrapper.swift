/// x-transformers' `TransformerWrapper`: tokens in, logits out.
public struct TransformerWrapper: Sendable {
  /// What turns the last features into the output.
  public enum Head: Sendable {
    /// `h · weightᵀ`, one or several.
    case linear([Linear])
    /// `(h · Eᵀ) · scale` with the raw rows of the token embedding.
    case tied(scale: Double)
    /// None: the features are the output.
    case embeddings
  }

  /// Tokens to rows.
  public let tokenEmbedding: TokenEmbedding
  /// Absolute positions.
  public let positionalEmbedding: PositionalEmbedding?
  /// Further embeddings by name (`embed_num_tokens`), tables of shape `[n, emb_dim]`.
  public let namedEmbeddings: [NamedEmbedding]
  /// The norm of the sum of embeddings.
  public let postEmbeddingNorm: Norm?
  /// From `emb_dim` to `dim`.
  public let projectEmbedding: Linear?
  /// Put in front of all tokens and taken away again, shape `[m, dim]`.
  public let memoryTokens: Parameter?
  /// Put in front of the tokens, pooled into the output, shape `[c, dim]`.
  public let classTokens: Parameter?
  /// The stack.
  public let layers: AttentionLayers
  /// The norm behind the stack, in releases before 1.15.
  public let wrapperNorm: Norm?
  /// The output.
  public let head: Head
  /// Whether the output is averaged over the tokens.
  public let averagesPool: Bool
  /// The longest sequence; 0 for no bound of its own.
  public let maxSequenceLength: Int
  /// The sizes.
  public let tokenCount: Int, embeddingDimension: Int
  /// Options whose weights are carried and whose forward pass is not built.
  public let carried: CarriedParameters

  /// A further embedding.
  public struct NamedEmbedding: Sendable {
    /// Its name among the arguments.
    public let name: String
    /// Shape `[n, emb_dim]`.
    public let weight: Parameter
  }
}

extension TransformerWrapper {
  /// The wrapper at `scope`.
  ///
  /// `sharedEmbedding` is used as it is, after its shape is checked; nil makes one.
  init(
    _ scope: ParameterScope, _ configuration: ModuleConfiguration, path: String, dialect: Dialect,
    sharedEmbedding: TokenEmbedding?
  ) throws(GraphError) {
    let arguments = try Arguments(configuration, path: path)
    let layersPath = path.isEmpty ? "attn_layers" : "\(path).attn_layers"
    layers = try AttentionLayers(
      scope.child("attn_layers"), arguments.module("attn_layers"), path: layersPath,
      dialect: dialect)
    let dimension = layers.dimension
    tokenCount = try arguments.int("num_tokens")
    embeddingDimension = try arguments.optionalInt("emb_dim") ?? dimension
    maxSequenceLength = try arguments.int("max_seq_len")
    try Self.check(arguments, tokenCount, embeddingDimension, maxSequenceLength, dimension)
    tokenEmbedding = try Self.tokenEmbedding(
      scope, arguments, shared: sharedEmbedding, tokenCount: tokenCount,
      dimension: embeddingDimension)
    positionalEmbedding = try Self.positions(
      scope, arguments, layers, dimension: embeddingDimension, dialect: dialect)
    namedEmbeddings = try Self.namedEmbeddings(scope, arguments, dimension: embeddingDimension)
    postEmbeddingNorm =
      try arguments.bool("post_emb_norm")
      ? Norm.plainLayerNorm(scope.child("post_emb_norm"), embeddingDimension) : nil
    projectEmbedding =
      embeddingDimension == dimension
      ? nil : Linear(scope.child("project_emb"), embeddingDimension, dimension, hasBias: true)
    let memoryCount = try arguments.optionalInt("num_memory_tokens") ?? 0
    memoryTokens =
      memoryCount > 0
      ? scope.parameter("memory_tokens", [memoryCount, dimension], .normal(standardDeviation: 1))
      : nil
    let classCount = try arguments.bool("use_cls_token") ? arguments.int("num_cls_tokens") : 0
    classTokens =
      classCount > 0
      ? scope.parameter("cls_token", [classCount, dimension], .normal(standardDeviation: 0.02))
      : nil
    wrapperNorm =
      dialect.hasWrapperNorm && scope.hasAny(below: ["norm"])
      ? Norm.torchLayerNorm(scope.child("norm"), dimension) : nil
    head = try Self.head(scope, arguments, dimension: dimension, dialect: dialect)
    averagesPool = try arguments.bool("average_pool_embed")
    carried = try CarriedParameters.wrapper(
      scope, arguments, layers: layers, path: layersPath, dialect: dialect)
  }

  private static func check(
    _ arguments: Arguments, _ tokenCount: Int, _ embeddingDimension: Int, _ length: Int,
    _ dimension: Int
  ) throws(GraphError) {
    guard tokenCount > 0, embeddingDimension > 0, length >= 0 else {
      throw .impossible(
        path: arguments.path,
        reason: "num_tokens and emb_dim must be positive and max_seq_len must not be negative")
    }
    let hasHead = try !arguments.bool("return_only_embed")
    let isTied = try arguments.bool("tie_embedding") ? hasHead : false
    if isTied, embeddingDimension != dimension {
      throw .impossible(
        path: arguments.path,
        reason: "tie_embedding needs emb_dim = dim, but emb_dim is \(embeddingDimension) and dim "
          + "is \(dimension): logits could not be computed")
    }
    if isTied, try arguments.int("num_output_heads") > 1 {
      throw .impossible(
        path: arguments.path, reason: "tie_embedding and num_output_heads exclude each other")
    }
    if try arguments.int("num_output_heads") < 1 {
      throw .impossible(path: arguments.path, reason: "num_output_heads must be positive")
    }
  }

  private static func tokenEmbedding(
    _ scope: ParameterScope, _ arguments: Arguments, shared: TokenEmbedding?, tokenCount: Int,
    dimension: Int
  ) throws(GraphError) -> TokenEmbedding {
    let place = scope.child("token_emb")
    guard let shared else {
      var normalizes = try arguments.bool("l2norm_embed")
      if case .module(let own) = arguments.value("token_emb") {
        let given = try Arguments(own, path: place.path)
        normalizes = try given.bool("l2norm_embed")
        let shape = try [given.int("num_tokens"), given.int("dim")]
        guard shape == [tokenCount, dimension] else {
          throw .embeddingMismatch(
            path: place.path, expected: [tokenCount, dimension], found: shape)
        }
      }
      return TokenEmbedding(
        place, tokenCount: tokenCount, dimension: dimension, normalizesRows: normalizes)
    }
    guard shared.dimension == dimension, shared.tokenCount == tokenCount else {
      throw .embeddingMismatch(
        path: place.path, expected: [tokenCount, dimension], found: shared.weight.shape)
    }
    scope.source.share(shared.weight, at: place.child(shared.weightName).path)
    return shared
  }

  private static func positions(
    _ scope: ParameterScope, _ arguments: Arguments, _ layers: AttentionLayers, dimension: Int,
    dialect: Dialect
  ) throws(GraphError) -> PositionalEmbedding? {
    let length = try arguments.optionalInt("max_seq_len") ?? 0
    guard length > 0, try arguments.bool("use_abs_pos_emb"), !layers.disablesAbsolutePositions
    else { return nil }
    let place = scope.child("pos_emb")
    if try arguments.bool("scaled_sinu_pos_emb") {
      return .scaledSinusoidal(place, dimension: dimension)
    }
    return .absolute(
      place, positionCount: length, dimension: dimension,
      normalizesRows: arguments.className == "TransformerWrapper"
        ? try arguments.bool("l2norm_embed") : false, dialect: dialect)
  }

  private static func namedEmbeddings(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int
  ) throws(GraphError) -> [NamedEmbedding] {
    guard case .dictionary(let entries) = arguments.value("embed_num_tokens") else { return [] }
    var result: [NamedEmbedding] = []
    for entry in entries {
      guard case .int(let count) = entry.value, count > 0 else {
        throw arguments.wrongKind("embed_num_tokens", "an object of positive whole numbers")
      }
      let weight = scope.child("embeds").parameter(
        "\(entry.name)_embed.weight", [count, dimension], .normal(standardDeviation: 1))
      result.append(NamedEmbedding(name: entry.name, weight: weight))
    }
    return result
  }

  private static func head(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, dialect: Dialect
  ) throws(GraphError) -> Head {
    if try arguments.bool("return_only_embed") { return .embeddings }
    if try arguments.bool("tie_embedding") {
      return .tied(
        scale: try arguments.optionalDouble("tie_embedding_scale")
          ?? dialect.defaultTieScale(dimension: dimension))
    }
    let tokenCount = try arguments.int("num_tokens")
    let width = try arguments.optionalInt("logits_dim") ?? tokenCount
    let place = scope.child("to_logits")
    let count = try arguments.int("num_output_heads")
    guard count > 1 else {
      return .linear([Linear(place, dimension, width, hasBias: false)])
    }
    return .linear(
      (0..<count).map { Linear(place.child("\($0)"), dimension, width, hasBias: false) })
  }

  static func positionsOfContinuous(
    _ scope: ParameterScope, _ arguments: Arguments, _ layers: AttentionLayers, dialect: Dialect
  ) throws(GraphError) -> PositionalEmbedding? {
    try positions(scope, arguments, layers, dimension: layers.dimension, dialect: dialect)
  }
}

extension CarriedParameters {
  /// What a TransformerWrapper carries.
  static func wrapper(
    _ scope: ParameterScope, _ arguments: Arguments, layers: AttentionLayers, path: String,
    dialect: Dialect
  ) throws(GraphError) -> CarriedParameters {
    var carried = CarriedParameters(options: arguments.carried)
    let dimension = layers.dimension
    if try arguments.bool("recycling") {
      carried.addLinear(scope.child("recycled_proj"), dimension, dimension)
    }
    if try arguments.bool("looped") { carried.addLinear(scope.child("exit_gate"), dimension, 1) }
    if try arguments.bool("ff_deep_embed") {
      let depth = try LayerPlan(
        LayerArguments(arguments.module("attn_layers"), path: path).layers,
        isCrossAttender: layers.kind == .crossAttender
      ).depth
      carried.add(
        scope, "ff_deep_embed", [try arguments.int("num_tokens"), depth, dimension], .constant(1))
    }
    if try arguments.bool("mixture_of_softmax") {
      let count = try arguments.int("mixture_of_softmax_k")
      carried.addLinear(scope.child("to_mixture.0"), dimension, dimension * count)
      carried.addLinear(scope.child("combine_mixture"), dimension, count)
    }
    if try arguments.bool("add_continuous_pred_head") {
      carried.addLinear(scope.child("to_next_embed_pred.0"), dimension, dimension)
      carried.addLinear(scope.child("to_next_embed_pred.2"), dimension, dimension)
    }
    if try arguments.bool("attn_pool") {
      try carried.addPool(scope.child("attn_pool"), arguments, layers: layers, dialect: dialect)
    }
    return carried
  }

  private mutating func addPool(
    _ scope: ParameterScope, _ arguments: Arguments, layers: AttentionLayers, dialect: Dialect
  ) throws(GraphError) {
    let dimension = try arguments.optionalInt("dim_pooled_tokens") ?? layers.dimension
    add(scope, "queries", [try arguments.int("num_pooled_tokens"), dimension])
    let depth = try arguments.int("attn_pool_depth")
    let context = ArgumentValue.int(layers.dimension)
    let pooler = scope.child("pooler")
    guard depth > 1 else {
      _ = try Attention(
        pooler,
        Arguments(
          "AttentionPool",
          [.init("dim_context", context), .init("dim_head", .int(layers.headDimension))],
          signature: Signatures.attention, path: scope.path),
        dimension: dimension, headCount: layers.headCount, isCausal: false, mixesValues: false,
        dialect: dialect)
      return
    }
    let configuration = ModuleConfiguration(
      "CrossAttender",
      [
        .init("dim", .int(dimension)), .init("depth", .int(depth)),
        .init("heads", .int(layers.headCount)), .init("cross_attn_dim_context", context),
        .init("attn_dim_head", .int(layers.headDimension)),
      ])
    _ = try AttentionLayers(pooler, configuration, path: scope.path, dialect: dialect)
  }
}
