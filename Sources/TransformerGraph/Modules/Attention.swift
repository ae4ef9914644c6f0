/// x-transformers' `Attention`: self- or cross-attention with all the options that shape its weights.
///
/// Shape alphabet: `H` query heads, `KV` key heads, `dh` features of a query or key head, `dv` of a value head,
/// `d` the model's, `dk` the context's.
public struct Attention: Sendable {
  /// Narrow projections in front of the others.
  public let latents: LatentProjections
  /// Shape `[H·dh, d]`.
  public let toQuery: Linear
  /// Shape `[KV·dh, dk]`.
  public let toKey: Linear
  /// Shape `[KV·dv, dk]`.
  public let toValue: Linear
  /// Shape `[d, H·dv]`, or `[2·d, H·dv]` with attention on attention; nil for a single head.
  public let toOut: Linear?
  /// The sizes.
  public let heads: Heads
  /// Whether a query sees only keys up to its own position.
  public let isCausal: Bool
  /// Whether the output is gated by its own second half (`attn_on_attn`).
  public let isAttentionOnAttention: Bool
  /// How queries and keys are normalised.
  public let queryKeyNorm: QueryKeyNorm
  /// Gain of each head's RMSNorm of queries, shape `[H, 1, dh]`, stored less one.
  public let queryNormGain: Parameter?
  /// Gain of each head's RMSNorm of keys, shape `[KV, 1, dh]`, stored less one.
  public let keyNormGain: Parameter?
  /// Learned gain of normalised values, shape `[H, 1, dv]`, stored less one.
  public let valueNormGain: Parameter?
  /// Keys and values in front of all others, shape `[KV, n, dh]` each.
  public let memoryKeys: Parameter?
  /// See `memoryKeys`.
  public let memoryValues: Parameter?
  /// Whether a zero key and value stand in front.
  public let addsZeroKeyValue: Bool
  /// A logit for each head that takes attention and gives nothing, shape `[H]`.
  public let sink: Parameter?
  /// `c · tanh(logits / c)`.
  public let softclamp: Double?
  /// How far back a query sees, in positions.
  public let maxAttendPast: Int?
  /// The 1×1 convolutions over heads.
  public let talkingHeads: TalkingHeads
  /// The gates on the attended values.
  public let gates: AttentionGates
  /// A factor for each head's output, shape `[1, H, 1, 1]`.
  public let headScale: Parameter?
  /// The mix with the first layer's values: a projection to the heads, followed by a sigmoid.
  public let valueResidualMix: Linear?
  /// How many heads are turned by rotary positions.
  public let rotatedHeadCount: Int
  /// How logits become attention.
  public let kernel: AttentionKernel
  /// Position biases of its own.
  public let bias: AttentionBias
  /// Whether queries, keys and values are made of three inputs.
  public let receivesViews: Bool
  /// Options whose weights are carried and whose forward pass is not built.
  public let carried: CarriedParameters
}

extension Attention {
  /// How many heads, and how wide.
  public struct Heads: Hashable, Sendable {
    /// Query heads; query head `h` uses key head `h mod keyCount`.
    public let count: Int
    /// Key and value heads.
    public let keyCount: Int
    /// Features of a query or key head.
    public let dimension: Int
    /// Features of a value head.
    public let valueDimension: Int
  }

  /// How queries and keys are normalised before their product.
  public enum QueryKeyNorm: Sendable {
    case none
    /// Divided by their length in each of `groupCount` groups; the product is multiplied by `scale`.
    ///
    /// The learned scales have the shapes `[H, 1, dh]` and `[KV, 1, dh]`.
    case lengths(
      groupCount: Int, scale: Double, queryScale: Parameter?, keyScale: Parameter?)
  }

  /// Mixtures of heads, each of shape `[H, H, 1, 1]`.
  public struct TalkingHeads: Sendable {
    /// Added to the logits: `logits + mix(logits)`.
    public let preSoftmax: Parameter?
    /// Applied to the attention.
    public let postSoftmax: Parameter?
    /// Applied to the logits, multiplied into the attention.
    public let preScalePost: Parameter?
  }

  /// Gates on what was attended to.
  public struct AttentionGates: Sendable {
    /// From the input, to `H·dv` features or to one for each head.
    public let toValueGate: LoRALinear?
    /// From what was attended to, to `H·dv` features or to one for each head; added to the other gate.
    public let toOutputGate: LoRALinear?
    /// Whether their sum goes through SiLU rather than sigmoid.
    public let isSwish: Bool
    /// From the input, one for each head: `sigmoid`.
    public let toHeadGate: Linear?
  }
}

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
      options: arguments.carried.map { "attn_\($0)" })
    latents = try LatentProjections(scope, arguments, dimension: dimension, heads: heads)
    let queryInput = latents.toLatentQuery?.outputCount ?? dimension
    let keyInput = latents.toLatentKeyValue?.outputCount ?? contextDimension
    toQuery = Linear(
      scope.child("to_q"), queryInput, heads.dimension * heads.count, hasBias: false)
    toKey = Linear(
      scope.child("to_k"), keyInput,
      heads.dimension * (heads.keyCount - latents.rotatedHeadCount), hasBias: false)
    toValue = Linear(
      scope.child("to_v"), keyInput, heads.valueDimension * heads.keyCount, hasBias: false)
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
    (memoryKeys, memoryValues) = try Self.memories(scope, arguments, heads: heads)
    addsZeroKeyValue = try arguments.bool("add_zero_kv")
    sink =
      try arguments.bool("head_learned_sink")
      ? scope.parameter("attend.head_attn_sink", [heads.count], .constant(0)) : nil
    softclamp =
      try arguments.bool("softclamp_logits") ? arguments.double("logit_softclamp_value") : nil
    maxAttendPast = try arguments.optionalInt("max_attend_past")
    talkingHeads = try TalkingHeads(scope, arguments, heads: heads)
    gates = try AttentionGates(scope, arguments, dimension: dimension, heads: heads)
    headScale =
      try arguments.bool("head_scale")
      ? scope.parameter("head_scale_params", [1, heads.count, 1, 1], .constant(1)) : nil
    valueResidualMix =
      mixesValues
      ? Linear(scope.child("to_value_residual_mix.0"), dimension, heads.count, hasBias: true) : nil
    isAttentionOnAttention = try arguments.bool("on_attn")
    let rotated = latents.toRotatedKey == nil ? rotatedHeadCount : latents.rotatedHeadCount
    self.rotatedHeadCount = rotated ?? heads.count
    let outDimension = try arguments.optionalInt("dim_out") ?? dimension
    let attended =
      heads.count * heads.valueDimension * max(1, kernel.orthogonalProjectionCount)
    let isNeeded = heads.count > 1 || dimension != outDimension || isAttentionOnAttention
    let projects = try arguments.has("project_out") ? arguments.bool("project_out") : isNeeded
    toOut =
      projects
      ? Linear(
        scope.child(isAttentionOnAttention ? "to_out.0" : "to_out"), attended,
        (isAttentionOnAttention ? 2 : 1) * outDimension, hasBias: false) : nil
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
    _ scope: ParameterScope, _ arguments: Arguments, heads: Heads
  ) throws(GraphError) -> (Parameter?, Parameter?) {
    let count = try arguments.int("num_mem_kv")
    guard count > 0 else { return (nil, nil) }
    let shape = [heads.keyCount, count, heads.dimension]
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
    guard try arguments.bool("qk_norm_dim_scale") else {
      self = .lengths(groupCount: groupCount, scale: scale, queryScale: nil, keyScale: nil)
      return
    }
    if dialect.dimensionScalesReplaceQKNormScale {
      scale = 1 / Double(heads.dimension).squareRoot()
    }
    let initial = InitialValues.constant(
      dialect.dimensionScalesReplaceQKNormScale
        ? Double(heads.dimension).squareRoot().squareRoot() : 1)
    self = .lengths(
      groupCount: groupCount, scale: scale,
      queryScale: scope.parameter("qk_norm_q_scale", [heads.count, 1, heads.dimension], initial),
      keyScale: scope.parameter("qk_norm_k_scale", [heads.keyCount, 1, heads.dimension], initial))
  }
}

extension Attention.TalkingHeads {
  init(
    _ scope: ParameterScope, _ arguments: Arguments, heads: Attention.Heads
  ) throws(GraphError) {
    // Before 1.14 they stood on the attention itself.
    let holder =
      scope.hasAny(below: ["pre_softmax_talking_heads", "post_softmax_talking_heads"])
      ? scope : scope.child("attend")
    func mix(_ argument: String, _ name: String) throws(GraphError) -> Parameter? {
      guard try arguments.bool(argument) else { return nil }
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
        isActivated: try arguments.bool("low_rank_silu_gates"), path: arguments.path)
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
