extension AttentionLayers {
  /// The stack at `scope`.
  init(
    _ scope: ParameterScope, _ configuration: ModuleConfiguration, path: String, dialect: Dialect
  ) throws(GraphError) {
    let groups = try LayerArguments(configuration, path: path, dialect: dialect)
    let arguments = groups.layers
    guard let kind = Kind(rawValue: configuration.className) else {
      throw .unknownClass(path: path, name: configuration.className, nearest: "Decoder")
    }
    self.kind = kind
    dimension = try arguments.int("dim")
    headCount = try arguments.int("heads")
    guard dimension > 0, headCount > 0 else {
      throw .impossible(path: path, reason: "dim and heads must be positive")
    }
    let plan = try LayerPlan(arguments, isCrossAttender: kind == .crossAttender)
    isCausal = try Self.isCausal(arguments, kind)
    let builder = try LayerBuilder(
      scope: scope, groups: groups, plan: plan, dimension: dimension, headCount: headCount,
      isCausal: isCausal, dialect: dialect)
    headDimension = try groups.attention.positive("dim_head")
    try builder.check()
    executionOrder = plan.executionOrder
    streamEmbedding = try builder.streamEmbedding()
    layers = try builder.layers()
    finalNorm = try builder.finalNorm()
    rotary = try builder.rotary(headDimension: headDimension)
    infusedFrequencies =
      try arguments.bool("position_infused_attn")
      ? scope.child("pia_pos_emb").parameter(
        "inv_freq", [(dimension + 1) / 2],
        RotaryEmbedding.frequencies(dimension: dimension, base: 10000), isBuffer: true)
      : nil
    relativePosition = try builder.relativePosition(headDimension: headDimension)
    polar = try builder.polar(headDimension: headDimension)
    (reinjection, reinjectionGate) = try builder.reinjection()
    condition = try builder.condition()
    attendsContext = kind == .crossAttender ? true : try arguments.bool("cross_attend")
    // Where a release accepts it with fused attention, there are no logits to carry.
    let hasLogits = groups.attention.value("flash") != .bool(true)
    carriesLogits = try arguments.bool("residual_attn") && hasLogits
    carriesCrossLogits = try arguments.bool("cross_residual_attn") && hasLogits
    addsValueResidual = try arguments.bool("add_value_residual")
    dualResidual = try builder.dualResidual()
    // Before 1.31.6 the value alone asked for it.
    outputSoftclamp =
      try arguments.bool("softclamp_output") || dialect < Dialect(1, 31, 6)
      ? arguments.optionalDouble("softclamp_output_value") : nil
    let isRelative = try arguments.any(
      "rel_pos_bias", "rotary_pos_emb", "rotary_xpos", "polar_pos_emb", "position_infused_attn")
    disablesAbsolutePositions =
      try arguments.has("disable_abs_pos_emb") ? arguments.bool("disable_abs_pos_emb") : isRelative
    carried = CarriedParameters(options: arguments.carried)
  }

  private static func isCausal(
    _ arguments: Arguments, _ kind: Kind
  ) throws(GraphError) -> Bool {
    switch kind {
    case .attentionLayers, .crossAttender: return try arguments.bool("causal")
    case .encoder, .decoder, .prefixDecoder:
      guard !arguments.has("causal") else {
        throw .impossible(
          path: arguments.path, reason: "a \(kind.rawValue) takes no 'causal': the class says it")
      }
      return kind == .decoder
    }
  }
}

/// The arguments of the layers, sorted by whom they are for.
struct LayerArguments {
  /// For the stack itself.
  let layers: Arguments
  /// `attn_…`, less the prefix.
  let attention: Arguments
  /// `cross_attn_…`, less the prefix.
  let crossAttention: Arguments
  /// `ff_…`, less the prefix.
  let feedForward: Arguments

  init(
    _ configuration: ModuleConfiguration, path: String, dialect: Dialect
  ) throws(GraphError) {
    // The names of the stack's own arguments that look like another's.
    let own = Set(Signatures.attentionLayers.map(\.name))
    let forAttention = Signatures.rows(Signatures.attention, of: "Attention", in: dialect)
    var groups: [String: [ModuleConfiguration.Argument]] = [:]
    for argument in configuration.arguments {
      let prefix = Self.prefixes.first {
        argument.name.hasPrefix($0) && !own.contains(argument.name)
      }
      var argument = argument
      argument.name.removeFirst(prefix?.count ?? 0)
      groups[prefix ?? "", default: []].append(argument)
    }
    layers = try Arguments(
      ModuleConfiguration(configuration.className, groups[""] ?? []), path: path,
      dialect: dialect)
    let given = try Arguments(
      configuration.className, groups["attn_"] ?? [], signature: forAttention, path: path,
      dialect: dialect, prefix: "attn_")
    // Before 0.31.1 an argument of the stack normalised queries and keys of all its attentions.
    let normalizes = try layers.bool("use_qk_norm_attn")
    attention = normalizes ? given.setting("qk_norm", .bool(true)) : given
    crossAttention = try Arguments(
      configuration.className, groups["cross_attn_"] ?? [], signature: forAttention, path: path,
      dialect: dialect, prefix: "cross_attn_")
    feedForward = try Arguments(
      configuration.className, groups["ff_"] ?? [], signature: Signatures.feedForward, path: path,
      dialect: dialect, prefix: "ff_")
  }

  private static let prefixes = ["cross_attn_", "attn_", "ff_"]
}
