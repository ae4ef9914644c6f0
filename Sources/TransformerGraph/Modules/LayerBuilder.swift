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
    let norm = try normPlaces(place, index)
    let branchScale = try branchScale()
    let isZeroScaled = try arguments.bool("use_rezero")
    let isHalved = try kind == .feedForward ? arguments.bool("macaron") : false
    let hasLayerScale = try arguments.bool("use_layerscale")
    let isAdaptive = try arguments.bool("use_adaptive_layerscale")
    // Outermost first: Scale > LayerScale > ShiftTokens > Scale(0.5) > block; each is one `fn`.
    var block = place.child("1")
    if isZeroScaled { block = block.child("fn") }
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
      zeroScale: isZeroScaled ? place.child("1").parameter("g", [1], .constant(0)) : nil,
      adaptiveScale: isAdaptive
        ? Linear(
          layerScalePlace.child("to_gamma"), norms.conditionDimension, dimension, hasBias: true,
          initialValues: .constant(0), initialBias: .constant(-2)) : nil,
      skip: skipSource.map { skip(index, source: $0) }, integrator: try integrator(index),
      shiftedTokenCount: shift,
      residual: try Residual(
        place.child("2"), arguments, dimension: dimension, depth: plan.depth, layerIndex: index,
        viewCount: streamViewCount(index)))
  }

  private func makeBlock(
    _ place: ParameterScope, _ kind: LayerPlan.Kind, _ index: Int
  ) throws(GraphError) -> AttentionLayers.Layer.Block {
    let position = plan.kinds[..<index].count { $0 == kind }
    let count = plan.kinds.count { $0 == kind }
    let mixesValues = try arguments.all("add_value_residual", "learned_value_residual_mix")
    switch kind {
    case .feedForward:
      let spread = groups.feedForward.spread(over: count, at: position)
      return .feedForward(try FeedForward(place, spread, dimension: dimension))
    case .attention:
      return .attention(
        try Attention(
          place, groups.attention.spread(over: count, at: position), dimension: dimension,
          headCount: headCount, isCausal: isCausal, mixesValues: mixesValues && position > 0,
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
          mixesValues: mixesCrossValues(position, mixesValues),
          isInverted: isInverted(at: position, of: count), dialect: dialect))
    }
  }

  /// From 1.42.14 to 1.42.24 cross-attention mixed its values as self-attention did.
  private func mixesCrossValues(_ position: Int, _ mixesValues: Bool) throws(GraphError) -> Bool {
    if dialect.learnsCrossValueMix { return mixesValues && position > 0 }
    return try groups.crossAttention.bool("learned_value_residual_mix")
  }

  /// Where the three norms of a sub-layer stand, if they are there.
  private func normPlaces(
    _ place: ParameterScope, _ index: Int
  ) throws(GraphError) -> (pre: ParameterScope?, branch: ParameterScope?, post: ParameterScope?) {
    if try arguments.bool("use_rezero") { return (nil, nil, nil) }
    let isGatedMulti = try arguments.bool("gated_multi_residual")
    let dual = try dualResidual()
    let hasBoth = try arguments.bool("pre_and_post_norm")
    let isPreNorm = try isPreNorm()
    let isPre = isPreNorm && !isGatedMulti || dual?.form == .atEachLayer
    let isSandwich = try arguments.bool("sandwich_norm")
    // While the last norm stood on the wrapper, the last layer had none behind it.
    let isLast = index == plan.kinds.count - 1
    let isBehind = hasBoth || !isPre || dual?.form == .atEachLayer
    let isPost = isBehind && !(dialect.hasWrapperNorm && isLast)
    // Before 0.31.1 cross-layer normalisation of queries and keys moved the attention's norm behind it.
    let isMoved =
      try plan.kinds[index] == .feedForward ? false : arguments.bool("use_qk_norm_attn")
    let norms = place.child("0")
    func numbered(_ number: Int) -> ParameterScope {
      dialect.numbersNorms ? norms.child("\(number)") : norms
    }
    return (
      isPre && !isMoved ? numbered(0) : nil, isSandwich || isMoved ? numbered(1) : nil,
      isPost ? numbered(2) : nil
    )
  }

  /// Whether norms stand before the blocks; DeepNorm and, from 1.15.2 on, ResiDual put them behind.
  private func isPreNorm() throws(GraphError) -> Bool {
    if let dual = try dualResidual(), dual.form != .atEachLayer { return false }
    return try arguments.bool("deepnorm") ? false : arguments.bool("pre_norm")
  }

  func dualResidual() throws(GraphError) -> AttentionLayers.DualResidual? {
    guard try arguments.bool("resi_dual"), try !arguments.bool("deepnorm") else { return nil }
    let form = dialect.dualResidual
    return AttentionLayers.DualResidual(
      form: form, scale: form == .bySum ? try arguments.double("resi_dual_scale") : 1)
  }

  func finalNorm() throws(GraphError) -> Norm? {
    guard !dialect.hasWrapperNorm else { return nil }
    let isGatedMulti = try arguments.bool("gated_multi_residual")
    let isPreAndPost = try arguments.bool("pre_and_post_norm")
    let isForgone =
      try dialect.obeysFinalNormFlag ? !arguments.bool("pre_norm_has_final_norm") : false
    let dual = try dualResidual()
    let isPreNorm = try isPreNorm()
    let isPre = isPreNorm && dual == nil && !isPreAndPost && !isForgone
    let joinsDual = dual.map { $0.form != .atEachLayer } ?? false
    return isPre || joinsDual || isGatedMulti ? norms.make(scope.child("final_norm")) : nil
  }

  /// A float `depth_scale_residual` or `scale_residual` multiplies the output of every block.
  private func branchScale() throws(GraphError) -> Double {
    if try arguments.bool("attn_aggregated_residuals") { return 1 }
    if dialect.depthScalesBranch {
      switch arguments.value("depth_scale_residual") {
      case .bool(true): return 1 / Double(plan.depth).squareRoot()
      case .int(let value): return Double(value)
      case .double(let value): return value
      default: return 1
      }
    }
    guard dialect.numericResidualScalesBranch else { return 1 }
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
    hasUnitOffset = try arguments.bool("norm_add_unit_offset")
    initialAlpha = try arguments.double("dynamic_tanh_init_alpha")
    let multiple =
      try arguments.bool("adaptive_condition_mlp")
      ? arguments.int("adaptive_condition_mlp_expansion") : 1
    conditionDimension = try (arguments.optionalInt("dim_condition") ?? dimension) * multiple
    self.dialect = dialect
  }
}
