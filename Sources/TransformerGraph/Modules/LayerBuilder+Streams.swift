// What a stack has besides its blocks: several streams, inputs of earlier layers, a condition.

extension LayerBuilder {
  func streamEmbedding() throws(GraphError) -> Parameter? {
    let streams = try arguments.positive("num_residual_streams")
    return streams > 1
      ? scope.parameter("stream_emb", [streams, dimension], .constant(0)) : nil
  }

  func reinjection() throws(GraphError) -> (projection: Linear?, gate: Linear?) {
    (
      try arguments.bool("reinject_input")
        ? Linear(scope.child("reinject_input_proj"), dimension, dimension, hasBias: false) : nil,
      try arguments.bool("learned_reinject_input_gate")
        ? Linear(scope.child("learned_reinject_input_gate"), dimension, 1, hasBias: false) : nil
    )
  }

  func condition() throws(GraphError) -> AttentionLayers.Condition? {
    guard
      try arguments.any(
        "use_adaptive_layernorm", "use_adaptive_rmsnorm", "use_adaptive_layerscale")
    else { return nil }
    let width = try arguments.optionalInt("dim_condition") ?? dimension
    let projection =
      try arguments.bool("adaptive_condition_mlp")
      ? Linear(
        scope.child("adaptive_mlp.0"), width, norms.conditionDimension, hasBias: false) : nil
    return AttentionLayers.Condition(dimension: width, projection: projection)
  }

  /// For each layer the run that its skip connection comes from, if it has one.
  func skipSources() throws(GraphError) -> [Int?] {
    var sources = [Int?](repeating: nil, count: plan.kinds.count)
    guard try arguments.bool("unet_skips") else { return sources }
    var open = Array(0..<(plan.depth / plan.blockLength))
    guard !open.isEmpty else {
      throw .impossible(path: arguments.path, reason: "unet_skips need a depth of 2 or more")
    }
    for index in plan.kinds.indices where index.isMultiple(of: plan.blockLength) {
      guard 2 * (index / plan.blockLength) >= plan.depth else { continue }
      guard let block = open.popLast() else {
        throw .impossible(
          path: arguments.path,
          reason:
            "unet_skips have fewer earlier blocks than later ones at depth \(plan.depth) with "
            + "blocks of \(plan.blockLength) layers")
      }
      sources[index] = block * plan.blockLength
    }
    return sources
  }

  func skip(_ index: Int, source: Int) -> SkipConnection {
    SkipConnection(
      combine: Linear(
        scope.child("skip_combines.\(index).combine"), 2 * dimension, dimension, hasBias: false),
      source: source)
  }

  func integrator(_ index: Int) throws(GraphError) -> LayerIntegrator? {
    let place = scope.child("layer_integrators.\(index)")
    let views = try receivesViews(index) ? 3 : 1
    if try arguments.bool("integrate_layers") {
      return .weights(
        DynamicLIMe(
          place, dimension: dimension, layerCount: index + 1, viewCount: views,
          usesSoftmax: try arguments.bool("layer_integrate_use_softmax")))
    }
    guard try arguments.bool("attn_aggregated_residuals") else { return nil }
    return .attention(
      try AttentionResidual(place, arguments, dimension: dimension, viewCount: views))
  }

  /// Whether queries, keys and values of the layer have inputs of their own.
  func receivesViews(_ index: Int) throws(GraphError) -> Bool {
    guard plan.kinds[index] == .attention else { return false }
    if try arguments.bool("integrate_layers") {
      return plan.kinds[..<index].contains(.attention)
    }
    return try arguments.bool("qkv_receive_diff_residuals")
  }

  /// How many inputs the residual gives the layer.
  func streamViewCount(_ index: Int) throws(GraphError) -> Int {
    let integrates = try arguments.bool("integrate_layers")
    return try receivesViews(index) && !integrates ? 3 : 1
  }

  /// `cross_attn_inverted_attention`; self-attention ignores its own.
  func isInverted(at position: Int, of count: Int) throws(GraphError) -> Bool {
    try groups.crossAttention.spread(over: count, at: position).bool("inverted_attention")
  }

  /// Combinations that x-transformers refuses.
  func check() throws(GraphError) {
    let isGatedMulti = try arguments.bool("gated_multi_residual")
    let residuals = [
      "gate_residual", "attn_aggregated_residuals", "orthog_residual", "mv_split_residual",
      "gated_multi_residual",
    ]
    try exclude(residuals)
    if try arguments.int("num_residual_streams") > 1, !isGatedMulti {
      for name in residuals where try arguments.bool(name) && name != residuals[1] {
        throw .impossible(
          path: arguments.path, reason: "num_residual_streams above 1 exclude \(name)")
      }
    }
    let isPre = try arguments.bool("pre_norm") && !isGatedMulti
    if try arguments.bool("sandwich_norm"), !isPre {
      throw .impossible(path: arguments.path, reason: "sandwich_norm needs pre_norm")
    }
    if try arguments.bool("use_dynamic_tanh"), !isPre {
      throw .impossible(path: arguments.path, reason: "use_dynamic_tanh needs pre_norm")
    }
    try exclude(["use_layerscale", "use_adaptive_layerscale"])
    try checkPositions()
  }

  private func checkPositions() throws(GraphError) {
    let isRotary = try arguments.any("rotary_pos_emb", "rotary_xpos")
    if isRotary, try arguments.bool("polar_pos_emb") {
      throw .impossible(
        path: arguments.path, reason: "rotary_pos_emb and polar_pos_emb exclude each other")
    }
    if case .bool(true) = groups.attention.value("data_dependent_alibi") {
      for name in ["alibi_pos_bias", "rel_pos_bias"] where try arguments.bool(name) {
        throw .impossible(
          path: arguments.path, reason: "attn_data_dependent_alibi and \(name) exclude each other")
      }
    }
    let buckets = try arguments.int("rel_pos_num_buckets")
    let distance = try arguments.int("rel_pos_max_distance")
    guard buckets <= distance else {
      throw .impossible(
        path: arguments.path,
        reason: "rel_pos_num_buckets (\(buckets)) must not exceed rel_pos_max_distance "
          + "(\(distance))")
    }
    guard case .bool(true) = groups.attention.value("flash") else { return }
    let residuals =
      dialect.fusedAttentionExcludesResidual ? ["residual_attn", "cross_residual_attn"] : []
    for name in ["rel_pos_bias", "dynamic_pos_bias"] + residuals where try arguments.bool(name) {
      throw .impossible(path: arguments.path, reason: "attn_flash excludes \(name)")
    }
  }

  private func exclude(_ names: [String]) throws(GraphError) {
    var chosen: [String] = []
    for name in names where try arguments.bool(name) { chosen.append(name) }
    guard chosen.count <= 1 else {
      throw .impossible(
        path: arguments.path, reason: "\(chosen.joined(separator: " and ")) exclude each other")
    }
  }
}
