/// Makes the sub-layers of a stack one after the other.
struct LayerBuilder {
  let scope: ParameterScope
  let groups: LayerArguments
  let plan: LayerPlan
  let dimension: Int
  let headCount: Int
  let isCausal: Bool
  let dialect: Dialect
  let norms: NormFactory

  var arguments: Arguments { groups.layers }

  init(
    scope: ParameterScope, groups: LayerArguments, plan: LayerPlan, dimension: Int, headCount: Int,
    isCausal: Bool, dialect: Dialect
  ) throws(GraphError) {
    self.scope = scope
    self.groups = groups
    self.plan = plan
    self.dimension = dimension
    self.headCount = headCount
    self.isCausal = isCausal
    self.dialect = dialect
    norms = try NormFactory(groups.layers, dimension: dimension, dialect: dialect)
  }

  func layers() throws(GraphError) -> [AttentionLayers.Layer] {
    let shifts = try shiftedTokenCounts()
    let skips = try skipSources()
    let list = scope.child("layers")
    var result: [AttentionLayers.Layer] = []
    for index in plan.kinds.indices {
      result.append(
        try layer(list.child("\(index)"), index, shift: shifts[index], skipSource: skips[index]))
    }
    return result
  }

  private func layer(
    _ place: ParameterScope, _ index: Int, shift: Int, skipSource: Int?
  ) throws(GraphError) -> AttentionLayers.Layer {
    let kind = plan.kinds[index]
    let norm = try normPlaces(place)
    let branchScale = try branchScale()
    let isHalved = try kind == .feedForward ? arguments.bool("macaron") : false
    let hasLayerScale = try arguments.bool("use_layerscale")
    let isAdaptive = try arguments.bool("use_adaptive_layerscale")
    // Outermost first: Scale > LayerScale > ShiftTokens > Scale(0.5) > block; each is one `fn`.
    var block = place.child("1")
    if branchScale != 1 { block = block.child("fn") }
    let layerScalePlace = block
    if hasLayerScale || isAdaptive { block = block.child("fn") }
    if shift > 0 { block = block.child("fn") }
    if isHalved { block = block.child("fn") }
    let offset = try layerScaleOffset()
    return AttentionLayers.Layer(
      preNorm: norm.pre.map(norms.make), branchNorm: norm.branch.map(norms.make),
      postNorm: norm.post.map(norms.make), block: try makeBlock(block, kind, index),
      branchScale: branchScale * (isHalved ? 0.5 : 1),
      layerScale: hasLayerScale
        ? layerScalePlace.parameter(
          "gamma", [dimension],
          .constant(try arguments.double("layerscale_init_value") - offset)) : nil,
      layerScaleOffset: hasLayerScale ? offset : 0,
      adaptiveScale: isAdaptive
        ? Linear(
          layerScalePlace.child("to_gamma"), norms.conditionDimension, dimension, hasBias: true,
          initialValues: .constant(0), initialBias: .constant(-2)) : nil,
      skip: skipSource.map { skip(index, source: $0) }, integrator: try integrator(index),
      shiftedTokenCount: shift,
      residual: try Residual(
        place.child("2"), arguments, dimension: dimension, layerIndex: index,
        viewCount: streamViewCount(index)))
  }

  private func makeBlock(
    _ place: ParameterScope, _ kind: LayerPlan.Kind, _ index: Int
  ) throws(GraphError) -> AttentionLayers.Layer.Block {
    let position = plan.kinds[..<index].count { $0 == kind }
    let count = plan.kinds.count { $0 == kind }
    switch kind {
    case .feedForward:
      let spread = groups.feedForward.spread(over: count, at: position)
      return .feedForward(try FeedForward(place, spread, dimension: dimension))
    case .attention:
      let mixes = try arguments.all("add_value_residual", "learned_value_residual_mix")
      return .attention(
        try Attention(
          place, groups.attention.spread(over: count, at: position), dimension: dimension,
          headCount: headCount, isCausal: isCausal, mixesValues: mixes && position > 0,
          rotatedHeadCount: arguments.optionalInt("rotate_num_heads"),
          receivesViews: receivesViews(index), dialect: dialect))
    case .cross:
      let selfCount = plan.kinds.count { $0 == .attention }
      let merged = groups.attention.withoutTuples(of: selfCount)
        .overridden(by: groups.crossAttention)
      return .crossAttention(
        try Attention(
          place, merged.spread(over: count, at: position), dimension: dimension,
          headCount: headCount, isCausal: false,
          mixesValues: groups.crossAttention.bool("learned_value_residual_mix"),
          isInverted: isInverted(at: position, of: count), dialect: dialect))
    }
  }

  /// Where the three norms of a sub-layer stand, if they are there.
  private func normPlaces(
    _ place: ParameterScope
  ) throws(GraphError) -> (pre: ParameterScope?, branch: ParameterScope?, post: ParameterScope?) {
    let isGatedMulti = try arguments.bool("gated_multi_residual")
    let both = try arguments.bool("pre_and_post_norm")
    let isPre = try arguments.bool("pre_norm") && !isGatedMulti
    let isPost = both || !isPre
    let isSandwich = try arguments.bool("sandwich_norm")
    // Before 0.21 a sub-layer had one norm, without a number of its own.
    let single = place.child("0")
    let isNumbered = !["weight", "g", "gamma"].contains { single.has($0) }
    func numbered(_ number: Int) -> ParameterScope {
      isNumbered ? single.child("\(number)") : single
    }
    return (
      isPre ? numbered(0) : nil, isSandwich ? numbered(1) : nil, isPost ? numbered(2) : nil
    )
  }

  func finalNorm() throws(GraphError) -> Norm? {
    let isGatedMulti = try arguments.bool("gated_multi_residual")
    let isPreAndPost = try arguments.bool("pre_and_post_norm")
    let isPre = try arguments.all("pre_norm", "pre_norm_has_final_norm")
    guard isPre && !isPreAndPost || isGatedMulti, !dialect.hasWrapperNorm else { return nil }
    return norms.make(scope.child("final_norm"))
  }

  /// A float `depth_scale_residual` or `scale_residual` multiplies the output of every block.
  private func branchScale() throws(GraphError) -> Double {
    if try arguments.bool("attn_aggregated_residuals") { return 1 }
    for name in ["depth_scale_residual", "scale_residual"] {
      switch arguments.value(name) {
      case .int(let value): return Double(value)
      case .double(let value): return value
      default: continue
      }
    }
    return 1
  }

  private func layerScaleOffset() throws(GraphError) -> Double {
    let hasOffset = try arguments.bool("norm_add_unit_offset")
    return dialect.layerScaleHasUnitOffset && hasOffset ? 1 : 0
  }

  private func shiftedTokenCounts() throws(GraphError) -> [Int] {
    let count = plan.kinds.count
    if let counts = try? arguments.ints("shift_tokens") {
      guard counts.count == count else {
        throw .impossible(
          path: arguments.path,
          reason: "shift_tokens needs one number for each of \(count) sub-layers")
      }
      return counts
    }
    return Array(repeating: try arguments.int("shift_tokens"), count: count)
  }
}

extension NormFactory {
  init(_ arguments: Arguments, dimension: Int, dialect: Dialect) throws(GraphError) {
    let choices: [(String, Norm.Kind)] = [
      ("use_scalenorm", .scaleNorm), ("use_rmsnorm", .rmsNorm),
      ("use_simple_rmsnorm", .simpleRMSNorm), ("use_dynamic_tanh", .dynamicTanh),
      ("use_derf", .derf), ("use_adaptive_layernorm", .adaptiveLayerNorm),
      ("use_adaptive_rmsnorm", .adaptiveRMSNorm),
    ]
    var chosen: [(String, Norm.Kind)] = []
    for choice in choices where try arguments.bool(choice.0) { chosen.append(choice) }
    guard chosen.count <= 1 else {
      throw .impossible(
        path: arguments.path,
        reason: "\(chosen.map(\.0).joined(separator: " and ")) exclude each other")
    }
    kind = chosen.first?.1 ?? .layerNorm
    self.dimension = dimension
    hasUnitOffset =
      try dialect.normsHaveUnitOffset ? arguments.bool("norm_add_unit_offset") : false
    initialAlpha = try arguments.double("dynamic_tanh_init_alpha")
    let multiple =
      try arguments.bool("adaptive_condition_mlp")
      ? arguments.int("adaptive_condition_mlp_expansion") : 1
    conditionDimension = try (arguments.optionalInt("dim_condition") ?? dimension) * multiple
    self.dialect = dialect
  }
}
