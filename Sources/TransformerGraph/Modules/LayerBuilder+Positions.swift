extension LayerBuilder {
  func rotary(headDimension: Int) throws(GraphError) -> RotaryEmbedding? {
    let arguments = groups.layers
    let usesXPos = try arguments.bool("rotary_xpos")
    guard try arguments.bool("rotary_pos_emb") || usesXPos else { return nil }
    let rotated =
      try arguments.optionalInt("rotary_emb_dim")
      ?? min(headDimension, dialect.defaultRotaryDimension(headDimension: headDimension))
    guard rotated > 1, rotated <= headDimension else {
      throw .impossible(
        path: arguments.path,
        reason: "rotary_emb_dim \(rotated) must be within 2 and the head dimension \(headDimension)"
      )
    }
    guard !usesXPos || isCausal else {
      throw .impossible(path: arguments.path, reason: "rotary_xpos needs a causal stack")
    }
    return RotaryEmbedding(
      scope.child("rotary_pos_emb"), dimension: rotated,
      baseRescaleFactor: try arguments.double("rotary_base_rescale_factor"),
      interpolationFactor: try arguments.double("rotary_interpolation_factor"),
      xposScaleBase: usesXPos ? try arguments.double("rotary_xpos_scale_base") : nil,
      dialect: dialect)
  }

  func relativePosition(headDimension: Int) throws(GraphError) -> RelativePosition? {
    let arguments = groups.layers
    let names = ["alibi_pos_bias", "rel_pos_bias", "dynamic_pos_bias"]
    var chosen: [String] = []
    for name in names where try arguments.bool(name) { chosen.append(name) }
    guard chosen.count <= 1 else {
      throw .impossible(
        path: arguments.path, reason: "\(chosen.joined(separator: " and ")) exclude each other")
    }
    let place = scope.child("rel_pos")
    switch chosen.first {
    case "alibi_pos_bias":
      let count = try arguments.optionalInt("alibi_num_heads") ?? headCount
      guard (0...headCount).contains(count) else {
        throw .impossible(path: arguments.path, reason: "alibi_num_heads exceeds the heads")
      }
      return .alibi(headCount: count, learnedSlopes: nil)
    case "rel_pos_bias":
      let buckets = try arguments.int("rel_pos_num_buckets")
      let distance = try arguments.int("rel_pos_max_distance")
      guard buckets > 1, buckets <= distance else {
        throw .impossible(
          path: arguments.path,
          reason: "rel_pos_num_buckets must be within 2 and rel_pos_max_distance")
      }
      return .buckets(
        table: place.parameter(
          "relative_attention_bias.weight", [buckets, headCount], .normal(standardDeviation: 1)),
        scale: Double(headDimension).squareRoot(), maxDistance: distance, isCausal: isCausal)
    case "dynamic_pos_bias":
      return .dynamic(
        DynamicPositionBias(
          place, dimension: max(1, dimension / 4), headCount: headCount,
          depth: max(1, try arguments.int("dynamic_pos_bias_mlp_depth")),
          hasNorm: try arguments.bool("dynamic_pos_bias_norm"),
          usesLogDistance: try arguments.bool("dynamic_pos_bias_log_distance")))
    default:
      return nil
    }
  }

  /// The weights of the stack's own options that are carried.
  func carried(headDimension: Int) throws(GraphError) -> CarriedParameters {
    let arguments = groups.layers
    var carried = CarriedParameters(options: arguments.carried)
    let streams = try arguments.int("num_residual_streams")
    if streams > 1 { carried.add(scope, "stream_emb", [streams, dimension]) }
    if try arguments.bool("polar_pos_emb") {
      let place = scope.child("polar_pos_emb")
      carried.add(place, "inv_freq", [headDimension], isBuffer: true)
      carried.add(place, "learned_bias", [headCount, 1, headDimension])
    }
    if try arguments.bool("reinject_input") {
      carried.addLinear(scope.child("reinject_input_proj"), dimension, dimension)
    }
    if try arguments.bool("learned_reinject_input_gate") {
      carried.addLinear(scope.child("learned_reinject_input_gate"), dimension, 1)
    }
    if try arguments.bool("adaptive_condition_mlp") {
      let condition = try arguments.optionalInt("dim_condition") ?? dimension
      carried.addLinear(scope.child("adaptive_mlp.0"), condition, norms.conditionDimension)
    }
    if try arguments.bool("use_adaptive_layerscale") { try addAdaptiveScales(to: &carried) }
    if try arguments.bool("unet_skips") { addSkips(to: &carried) }
    if try arguments.bool("integrate_layers") { try addIntegrators(to: &carried) }
    if try arguments.bool("attn_aggregated_residuals") { try addAggregates(to: &carried) }
    return carried
  }

  private func addAdaptiveScales(to carried: inout CarriedParameters) throws(GraphError) {
    let condition = norms.conditionDimension
    for index in plan.kinds.indices {
      let place = scope.child("layers.\(index).1")
      let outer = place.hasAny(below: ["fn.to_gamma"]) ? place.child("fn") : place
      carried.addLinear(outer.child("to_gamma"), condition, dimension, hasBias: true)
    }
  }

  private func addSkips(to carried: inout CarriedParameters) {
    for index in plan.kinds.indices {
      let block = index / plan.blockLength
      guard index.isMultiple(of: plan.blockLength), 2 * block >= plan.depth else { continue }
      carried.addLinear(
        scope.child("skip_combines.\(index).combine"), 2 * dimension, dimension)
    }
  }

  /// LIMe: a norm and a projection to the weights of all earlier layers.
  private func addIntegrators(to carried: inout CarriedParameters) throws(GraphError) {
    let first = plan.kinds.firstIndex(of: .attention)
    for (index, kind) in plan.kinds.enumerated() {
      let views = kind == .attention && index != first ? 3 : 1
      let place = scope.child("layer_integrators.\(index).to_weights")
      carried.add(place, "0.g", [dimension], .constant(1))
      carried.addLinear(place.child("1"), dimension, views * (index + 1), hasBias: true)
    }
  }

  private func addAggregates(to carried: inout CarriedParameters) throws(GraphError) {
    let differ = try groups.layers.bool("qkv_receive_diff_residuals")
    let rank = aggregateRank()
    for (index, kind) in plan.kinds.enumerated() {
      let views = kind == .attention && differ ? 3 : 1
      let place = scope.child("layer_integrators.\(index)")
      carried.add(place, "to_keys.weight", [dimension], .constant(1))
      carried.add(place, "to_query.0.weight", [dimension], .constant(1))
      carried.addLowRank(place.child("to_query.1"), dimension, dimension * views, rank: rank)
      carried.add(place, "norm.weight", [dimension], .constant(1))
    }
  }

  private func aggregateRank() -> Int {
    guard case .dictionary(let options) = groups.layers.value("attn_aggregated_residual_kwargs"),
      case .int(let rank)? = options.first(where: { $0.name == "lora_rank" })?.value
    else { return Self.defaultAggregateRank }
    return rank
  }

  // DEFAULT_ATTN_RESIDUAL_LORA_RANK of x-transformers 2.31.10.
  private static let defaultAggregateRank = 64
}
