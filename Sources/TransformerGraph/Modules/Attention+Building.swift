extension Attention {
  /// The block at `scope`.
  ///
  /// `mixesValues` tells whether values are mixed with the first layer's by a learned amount.
  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, headCount: Int,
    isCausal: Bool, mixesValues: Bool, rotatedHeadCount: Int? = nil, receivesViews: Bool = false,
    isInverted: Bool = false, dialect: Dialect
  ) throws(GraphError) {
    let heads = try Heads(arguments, headCount: headCount)
    let contextDimension = try arguments.optionalInt("dim_context") ?? dimension
    self.heads = heads
    self.isCausal = isCausal
    self.receivesViews = receivesViews
    carried = CarriedParameters(
      options: arguments.carried.map { "attn_\($0)" }
        + (dialect.alwaysCascadesHeads && heads.count > 1 ? ["attn_cascading_heads"] : []))
    latents = try LatentProjections(scope, arguments, dimension: dimension, heads: heads)
    let queryInput = latents.toLatentQuery?.outputCount ?? dimension
    let keyInput = latents.toLatentKeyValue?.outputCount ?? contextDimension
    toQuery = Linear(
      scope.child("to_q"), queryInput, heads.dimension * heads.count, hasBias: false)
    toKey = Linear(
      scope.child("to_k"), keyInput,
      heads.dimension * (heads.keyCount - latents.rotatedHeadCount), hasBias: false)
    let valueWidth = heads.valueDimension * heads.keyCount
    toValue =
      try arguments.bool("shared_kv")
      ? nil : Linear(scope.child("to_v"), keyInput, valueWidth, hasBias: false)
    toRelation =
      try arguments.bool("tensor_product")
      ? Linear(scope.child("to_r"), dimension, valueWidth, hasBias: false) : nil
    kernel = try AttentionKernel(arguments, isCausal: isCausal, isInverted: isInverted)
    bias = try AttentionBias(
      scope, arguments, dimension: dimension, heads: heads, isCausal: isCausal)
    queryKeyNorm = try QueryKeyNorm(scope, arguments, heads: heads, dialect: dialect)
    let normsBoth = try arguments.bool("qk_rmsnorm")
    let normsKeys = try arguments.bool("k_rmsnorm")
    guard !(normsBoth && normsKeys) else {
      throw .impossible(
        path: arguments.path, reason: "attn_qk_rmsnorm and attn_k_rmsnorm exclude each other")
    }
    func gain(_ name: String, _ count: Int) -> Parameter {
      scope.parameter("\(name).gamma", [count, 1, heads.dimension], .constant(0))
    }
    queryNormGain = normsBoth ? gain("q_rmsnorm", heads.count) : nil
    keyNormGain = normsBoth || normsKeys ? gain("k_rmsnorm", heads.keyCount) : nil
    valueNormGain = try arguments.bool("value_rmsnorm") ? gain("value_rmsnorm", heads.count) : nil
    (memoryKeys, memoryValues) = try Self.memories(
      scope, arguments, heads: heads, dialect: dialect)
    addsZeroKeyValue = try arguments.bool("add_zero_kv")
    sink =
      try arguments.bool("head_learned_sink")
      ? scope.parameter("attend.head_attn_sink", [heads.count], .constant(0)) : nil
    // Before 1.31.5 the value alone asked for it.
    softclamp =
      try arguments.bool("softclamp_logits") || dialect < Dialect(1, 31, 5)
      ? arguments.optionalDouble("logit_softclamp_value") : nil
    maxAttendPast = try arguments.optionalInt("max_attend_past")
    guard maxAttendPast ?? 0 >= 0, softclamp ?? 1 > 0 else {
      throw .impossible(
        path: arguments.path,
        reason:
          "attn_max_attend_past must not be negative, attn_logit_softclamp_value must be positive")
    }
    talkingHeads = try TalkingHeads(scope, arguments, heads: heads, dialect: dialect)
    gates = try AttentionGates(scope, arguments, dimension: dimension, heads: heads)
    headScale =
      try arguments.bool("head_scale")
      ? scope.parameter("head_scale_params", [1, heads.count, 1, 1], .constant(1)) : nil
    valueResidualMix =
      mixesValues
      ? Linear(
        scope.child("to_value_residual_mix.0"), dimension,
        dialect.headsShareValueMix ? 1 : heads.count, hasBias: true) : nil
    isAttentionOnAttention = try arguments.bool("on_attn")
    let rotated = latents.toRotatedKey == nil ? rotatedHeadCount : latents.rotatedHeadCount
    self.rotatedHeadCount = rotated ?? heads.count
    rotatesValues = try dialect.rotatesValues ? true : arguments.bool("rotary_embed_values")
    isFused = try arguments.bool("flash")
    self.dialect = dialect
    let outDimension = try arguments.optionalInt("dim_out") ?? dimension
    let attended =
      heads.count * heads.valueDimension * max(1, kernel.orthogonalProjectionCount)
    let isNeeded =
      heads.count > 1 || dimension != outDimension || isAttentionOnAttention
      || dialect.singleHeadProjectsOutput
    let projects = try arguments.has("project_out") ? arguments.bool("project_out") : isNeeded
    toOut =
      projects
      ? Linear(
        scope.child(isAttentionOnAttention ? "to_out.0" : "to_out"), attended,
        (isAttentionOnAttention ? 2 : 1) * outDimension,
        hasBias: dialect.attentionOutputHasBias) : nil
    try checkHeads(arguments, given: rotatedHeadCount)
  }

  private func checkHeads(_ arguments: Arguments, given: Int?) throws(GraphError) {
    guard (1...heads.count).contains(self.rotatedHeadCount) else {
      throw .impossible(
        path: arguments.path, reason: "rotate_num_heads must be within 1 and the number of heads")
    }
    guard latents.toRotatedKey == nil || given == nil else {
      throw .impossible(
        path: arguments.path,
        reason: "rotate_num_heads and attn_latent_rope_subheads exclude each other")
    }
    guard rotatedHeadCount == heads.count || heads.keyCount == heads.count else {
      throw .impossible(
        path: arguments.path,
        reason: "rotate_num_heads needs as many key heads as heads")
    }
  }

  private static func memories(
    _ scope: ParameterScope, _ arguments: Arguments, heads: Heads, dialect: Dialect
  ) throws(GraphError) -> (Parameter?, Parameter?) {
    let count = try arguments.int("num_mem_kv")
    guard count > 0 else { return (nil, nil) }
    let headCount = dialect.memoriesStandForEachHead ? heads.count : heads.keyCount
    let shape = [headCount, count, heads.dimension]
    return (
      scope.parameter("mem_k", shape, .normal(standardDeviation: 1)),
      scope.parameter("mem_v", shape, .normal(standardDeviation: 1))
    )
  }
}

extension Attention.Heads {
  init(_ arguments: Arguments, headCount: Int) throws(GraphError) {
    count = headCount
    dimension = try arguments.int("dim_head")
    valueDimension = try arguments.optionalInt("value_dim_head") ?? dimension
    let given = try arguments.optionalInt("kv_heads")
    let isSingle = try arguments.bool("one_kv_head")
    keyCount = isSingle ? 1 : given ?? headCount
    guard !(isSingle && given != nil) else {
      throw .impossible(
        path: arguments.path, reason: "attn_one_kv_head and attn_kv_heads exclude each other")
    }
    guard count > 0, dimension > 0, valueDimension > 0, keyCount > 0,
      count.isMultiple(of: keyCount)
    else {
      throw .impossible(
        path: arguments.path,
        reason: "\(count) heads of \(dimension) features cannot share \(keyCount) key heads; "
          + "sizes must be positive and the key heads must divide the heads")
    }
  }
}

extension Attention.QueryKeyNorm {
  init(
    _ scope: ParameterScope, _ arguments: Arguments, heads: Attention.Heads, dialect: Dialect
  ) throws(GraphError) {
    guard try arguments.bool("qk_norm") else {
      self = .none
      return
    }
    if let temperature = dialect.queryKeyTemperature {
      let initial = InitialValues.constant(temperature == .inverseExponential ? -3 : 1)
      let maximum = try arguments.double("qk_norm_max_scale")
      self = .temperature(
        scope.parameter("scale", [1, heads.count, 1, 1], initial),
        temperature == .inverseExponential ? temperature : .sigmoid(maximum: maximum))
      return
    }
    let groupCount = try arguments.int("qk_norm_groups")
    guard groupCount > 0, heads.dimension.isMultiple(of: groupCount),
      heads.dimension / groupCount > 2
    else {
      throw .impossible(
        path: arguments.path,
        reason: "attn_qk_norm needs groups of 3 features or more: \(groupCount) groups of "
          + "\(heads.dimension) are not")
    }
    var scale =
      try arguments.has("qk_norm_scale")
      ? arguments.double("qk_norm_scale") : dialect.defaultQKNormScale
    // Fused kernels have a scale of their own, dim_head^-0.5; old releases divided by the difference.
    if try arguments.bool("flash"), dialect.fusedAttentionInvertsQKNormScale {
      scale = 1 / (scale * Double(heads.dimension))
    }
    guard try arguments.bool("qk_norm_dim_scale") else {
      self = .lengths(groupCount: groupCount, scale: scale, queryScale: nil, keyScale: nil)
      return
    }
    if dialect.dimensionScalesReplaceQKNormScale {
      scale = 1 / Double(heads.dimension).squareRoot()
    }
    if dialect.dimensionScalesReplaceQKNormScaleByOne { scale = 1 }
    let initial = InitialValues.constant(
      dialect.dimensionScalesReplaceQKNormScale
        ? Double(heads.dimension).squareRoot().squareRoot() : 1)
    let extents = dialect.dimensionScaleExtents(heads: heads.count, keyHeads: heads.keyCount)
    func learned(_ name: String, _ extents: [Int]) -> Parameter {
      scope.parameter(name, extents + [heads.dimension], initial)
    }
    self = .lengths(
      groupCount: groupCount, scale: scale,
      queryScale: learned("qk_norm_q_scale", extents.query),
      keyScale: learned("qk_norm_k_scale", extents.key))
  }
}

extension Attention.TalkingHeads {
  init(
    _ scope: ParameterScope, _ arguments: Arguments, heads: Attention.Heads, dialect: Dialect
  ) throws(GraphError) {
    let holder = dialect.talkingHeadsStandOnAttention ? scope : scope.child("attend")
    // Before 1.39 one argument asked for both.
    let isBoth = try arguments.bool("talking_heads")
    func mix(_ argument: String, _ name: String) throws(GraphError) -> Parameter? {
      let isFormer = isBoth && argument != "pre_scale_post_talking_heads"
      guard try isFormer ? true : arguments.bool(argument) else { return nil }
      let bound = 1 / Double(heads.count).squareRoot()
      return holder.parameter(
        "\(name)_talking_heads.weight", [heads.count, heads.count, 1, 1], .uniform(bound: bound))
    }
    preSoftmax = try mix("pre_talking_heads", "pre_softmax")
    postSoftmax = try mix("post_talking_heads", "post_softmax")
    preScalePost = try mix("pre_scale_post_talking_heads", "pre_scale_post")
  }
}

extension Attention.AttentionGates {
  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, heads: Attention.Heads
  ) throws(GraphError) {
    let attended = heads.count * heads.valueDimension
    func gate(
      _ name: String, _ option: String, _ inputCount: Int
    ) throws(GraphError) -> LoRALinear? {
      guard try arguments.bool(option) else { return nil }
      let rank = try arguments.optionalInt("\(option)_rank")
      let isHeadwise = try arguments.bool("\(option)_headwise")
      guard rank == nil || !isHeadwise else {
        throw .impossible(
          path: arguments.path,
          reason: "attn_\(option)_rank and attn_\(option)_headwise exclude each other")
      }
      return try LoRALinear(
        scope.child(name), inputCount, isHeadwise ? heads.count : attended, rank: rank,
        isActivated: try arguments.bool("low_rank_silu_gates"),
        hasBias: arguments.dialect.valueGateHasBias, path: arguments.path)
    }
    toValueGate = try gate("to_v_gate", "gate_values", dimension)
    toOutputGate = try gate("to_output_gate", "output_gate", attended)
    isSwish = try arguments.bool("swiglu_values")
    toHeadGate =
      try arguments.bool("gate_value_heads")
      ? Linear(
        scope.child("to_v_head_gate"), dimension, heads.count, hasBias: true,
        initialValues: .constant(0), initialBias: .constant(10)) : nil
  }
}
