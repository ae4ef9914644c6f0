/// x-transformers' `TransformerWrapper`: tokens in, logits out.
public struct TransformerWrapper: Sendable {
  /// What it was made by.
  public let configuration: ModuleConfiguration
  /// The release whose meaning its weights have.
  public let dialect: Dialect
  /// Its parameters under their paths in it, as in `state_dict()`.
  public let slots: [Slot]
  /// What turns the last features into the output.
  public enum Head: Sendable {
    /// `h · weightᵀ`, one or several.
    case linear([Linear])
    /// `(h · downᵀ) · upᵀ`, where `up` may be the token embedding: `to_logits=Sequential(OrderedDict(down=…, up=…))`.
    case factored(down: Linear, up: Linear)
    /// `(h · Eᵀ) · scale` with the raw rows of the token embedding.
    case tied(scale: Double)
    /// None: the features are the output.
    case embeddings
  }

  /// How the stack is run.
  public enum Recurrence: Sendable {
    /// Once.
    case none
    /// Several times, each with the projected output of the one before added to its input.
    case recycling(Linear)
    /// `count` times, each on the output of the one before; the gate is for training and for stopping early.
    case looped(count: Int, exitGate: Linear)
  }

  /// Several softmaxes of which the output is a mixture (arXiv 1711.03953).
  public struct SoftmaxMixture: Sendable {
    /// To the features of each, `k · d`.
    public let toFeatures: Linear
    /// To their weights, `k`.
    public let toWeights: Linear
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
  /// Attention that pools an encoder's output.
  public let pool: AttentionPool?
  /// How the stack is run.
  public let recurrence: Recurrence
  /// Factors for the feed-forward blocks' outputs by token, shape `[num_tokens, depth, dim]`.
  public let deepEmbedding: Parameter?
  /// The mixture in front of the head.
  public let mixture: SoftmaxMixture?
  /// Whether `log σ(logits)` is added to the logits.
  public let usesSigSoftmax: Bool
  /// Whether an output of one feature has no dimension for it.
  public let squeezesLastDimension: Bool
  /// How many tokens follow each copy of the memory tokens; nil: one copy in front of all.
  public let memoryInterval: Int?
  /// A head for the next embedding, used in training.
  public let nextEmbedding: [Linear]
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
  /// `sharedEmbedding` is used as it is, after its shape is checked; nil makes one. An XTransformer does not check
  /// its rows (`checksRows`): there the decoder takes the encoder's vocabulary, whatever its own head has.
  init(
    _ scope: ParameterScope, _ configuration: ModuleConfiguration, path: String, dialect: Dialect,
    sharedEmbedding: TokenEmbedding?, checksRows: Bool = true
  ) throws(GraphError) {
    let arguments = try Arguments(configuration, path: path, dialect: dialect)
    let slotCount = scope.source.slots.count
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
      scope, arguments, shared: sharedEmbedding, tokenCount: checksRows ? tokenCount : nil,
      dimension: embeddingDimension)
    positionalEmbedding = try Self.positions(
      scope, arguments, layers, dimension: embeddingDimension, dialect: dialect)
    namedEmbeddings = try Self.namedEmbeddings(scope, arguments, dimension: embeddingDimension)
    postEmbeddingNorm =
      try arguments.bool("post_emb_norm")
      ? Norm.plainLayerNorm(
        scope.child("post_emb_norm"),
        dialect.postEmbeddingNormHasModelDimension ? dimension : embeddingDimension,
        dialect: dialect) : nil
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
      ? scope.parameter(
        "cls_token", dialect.classTokenIsVector ? [dimension] : [classCount, dimension],
        .normal(standardDeviation: 0.02)) : nil
    wrapperNorm =
      dialect.hasWrapperNorm
      ? Norm.torchLayerNorm(scope.child("norm"), dimension) : nil
    head = try Self.head(scope, arguments, dimension: dimension, dialect: dialect)
    averagesPool = try arguments.bool("average_pool_embed")
    let options = try WrapperOptions(scope, arguments, layers, path: layersPath, dialect: dialect)
    pool = options.pool
    recurrence = options.recurrence
    deepEmbedding = options.deepEmbedding
    mixture = options.mixture
    nextEmbedding = options.nextEmbedding
    usesSigSoftmax = try arguments.bool("sigsoftmax_logits")
    squeezesLastDimension = try arguments.bool("squeeze_out_last_dim")
    memoryInterval = try arguments.optionalInt("memory_tokens_interspersed_every")
    carried = CarriedParameters(options: arguments.carried)
    self.configuration = configuration
    self.dialect = dialect
    slots = scope.source.slots[slotCount...].map { $0.relative(to: scope.path) }
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
    _ = try arguments.positive("num_output_heads", atMost: 4096)
    try WrapperOptions.check(arguments)
  }

  private static func tokenEmbedding(
    _ scope: ParameterScope, _ arguments: Arguments, shared: TokenEmbedding?, tokenCount: Int?,
    dimension: Int
  ) throws(GraphError) -> TokenEmbedding {
    let place = scope.child("token_emb")
    let ownCount = try arguments.int("num_tokens")
    let tokenCount = tokenCount ?? shared?.tokenCount ?? ownCount
    guard let shared else {
      var normalizes = try arguments.bool("l2norm_embed")
      if case .module(let own) = arguments.value("token_emb") {
        let given = try Arguments(own, path: place.path, dialect: arguments.dialect)
        normalizes = try given.bool("l2norm_embed")
        let shape = try [given.int("num_tokens"), given.int("dim")]
        guard shape == [tokenCount, dimension] else {
          throw .embeddingMismatch(
            path: place.path, expected: [tokenCount, dimension], found: shape)
        }
      }
      return TokenEmbedding(
        place, tokenCount: tokenCount, dimension: dimension, normalizesRows: normalizes,
        dialect: arguments.dialect)
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
    // Before 0.25.8 the argument was use_pos_emb.
    let isWanted = try arguments.bool(
      arguments.has("use_pos_emb") ? "use_pos_emb" : "use_abs_pos_emb")
    guard length > 0, isWanted, !layers.disablesAbsolutePositions else { return nil }
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
      if let factored = try factored(place, arguments, dimension: dimension) { return factored }
      if let own = try Linear(place, torchModule: "to_logits", of: arguments, from: dimension) {
        return .linear([own])
      }
      return .linear([Linear(place, dimension, width, hasBias: dialect.headHasBias)])
    }
    return .linear(
      (0..<count).map { Linear(place.child("\($0)"), dimension, width, hasBias: false) })
  }

  /// The two layers of a head that is given as a `Sequential`; nil where it is not.
  private static func factored(
    _ place: ParameterScope, _ arguments: Arguments, dimension: Int
  ) throws(GraphError) -> Head? {
    guard case .module(let module) = arguments.value("to_logits"),
      module.className == "Sequential"
    else { return nil }
    let own = try Arguments(module, path: place.path, dialect: arguments.dialect)
    guard
      let down = try Linear(place.child("down"), torchModule: "down", of: own, from: dimension),
      let up = try Linear(
        place.child("up"), torchModule: "up", of: own, from: down.outputCount)
    else {
      throw .impossible(
        path: place.path, reason: "a Sequential for a head has a Linear 'down' and a Linear 'up'")
    }
    return .factored(down: down, up: up)
  }

  static func positionsOfContinuous(
    _ scope: ParameterScope, _ arguments: Arguments, _ layers: AttentionLayers, dialect: Dialect
  ) throws(GraphError) -> PositionalEmbedding? {
    try positions(scope, arguments, layers, dimension: layers.dimension, dialect: dialect)
  }
}
