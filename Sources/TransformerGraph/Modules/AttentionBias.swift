/// Position biases that depend on what is attended from: each block of attention has its own.
public struct AttentionBias: Sendable {
  /// Forget gates (Forgetting Transformer).
  public let forgetGates: DataDependentAlibi?
  /// A learned curve over distances, mixed for each query.
  public let projection: RelativeProjectionBias?
  /// Contextual positions.
  public let contextual: ContextualPositions?

  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, heads: Attention.Heads,
    isCausal: Bool
  ) throws(GraphError) {
    forgetGates =
      try arguments.bool("data_dependent_alibi")
      ? DataDependentAlibi(
        scope.child("data_dependent_alibi.to_forget_gates.0"), arguments, dimension: dimension,
        headCount: heads.count, isCausal: isCausal) : nil
    projection =
      try arguments.bool("use_rel_proj_pos_bias")
      ? RelativeProjectionBias(
        scope.child("rel_proj_pos_bias"), arguments, dimension: dimension, headCount: heads.count)
      : nil
    guard try arguments.bool("use_cope") else {
      contextual = nil
      return
    }
    guard isCausal else {
      throw .impossible(path: arguments.path, reason: "attn_use_cope needs causal attention")
    }
    contextual = try ContextualPositions(scope.child("attend.cope"), arguments, heads: heads)
  }
}

/// x-transformers' `DataDependentAlibi`: biases from cumulated forget gates.
public struct DataDependentAlibi: Sendable {
  /// To one gate for each head, with a bias (twice as many where both directions have their own), or to queries
  /// and keys of `rowDimension` features for each head.
  public let toGates: Linear
  /// Features of a gate's own queries and keys (`data_dependent_alibi_per_row`); nil: one gate a token.
  public let rowDimension: Int?
  /// Whether later tokens have gates of their own.
  public let isBidirectional: Bool
  /// A factor on the logarithms.
  public let scale: Double

  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, headCount: Int, isCausal: Bool
  ) throws(GraphError) {
    let options = try KeywordOptions(
      arguments, "data_dependent_alibi_kwargs", known: ["post_log_scale", "bias_init", "dim_head"])
    scale = options.double("post_log_scale") ?? 1
    guard try arguments.bool("data_dependent_alibi_per_row") else {
      rowDimension = nil
      isBidirectional = !isCausal
      toGates = Linear(
        scope, dimension, headCount * (isCausal ? 1 : 2), hasBias: true,
        initialBias: .constant(options.double("bias_init") ?? 5))
      return
    }
    guard isCausal else {
      throw .impossible(
        path: arguments.path, reason: "attn_data_dependent_alibi_per_row needs causal attention")
    }
    let width = try arguments.positive("data_dependent_alibi_per_row_dim_head")
    rowDimension = width
    isBidirectional = false
    toGates = Linear(scope, dimension, headCount * width * 2, hasBias: false)
  }
}

/// x-transformers' `RelativeProjPositionalBias`.
public struct RelativeProjectionBias: Sendable {
  /// To weights of the basis for each head.
  public let toWeights: Linear
  /// The basis, shape `[basis, max_dist]`.
  public let distanceBank: Parameter

  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, headCount: Int
  ) throws(GraphError) {
    let basis = try arguments.positive("rel_proj_num_distance_basis")
    let reach = try arguments.positive("rel_proj_max_dist")
    distanceBank = scope.parameter(
      "distance_bank", [basis, reach], .normal(standardDeviation: 0.02))
    toWeights = Linear(
      scope.child("to_distance_weights.0"), dimension, headCount * basis, hasBias: true)
  }
}

/// x-transformers' `CoPE`: positions counted by the attention itself (arXiv 2405.18719).
public struct ContextualPositions: Sendable {
  /// Shape `[max_pos, dh]`.
  public let table: Parameter
  /// A mixture of heads, shape `[H, H, 1, 1]`.
  public let talkingHeads: Parameter?
  /// The integer positions, a buffer, where rows are mixed by a softmax over distances; nil: between two rows.
  public let softPositions: Parameter?

  init(
    _ scope: ParameterScope, _ arguments: Arguments, heads: Attention.Heads
  ) throws(GraphError) {
    let count = try arguments.positive("cope_max_pos")
    table = scope.parameter("pos_emb", [count, heads.dimension], .constant(0))
    talkingHeads =
      try arguments.bool("cope_talking_heads")
      ? scope.parameter(
        "talking_heads.weight", [heads.count, heads.count, 1, 1],
        .uniform(bound: 1 / Double(heads.count).squareRoot())) : nil
    softPositions =
      try arguments.bool("cope_soft_onehot_pos")
      ? scope.parameter(
        "positions", [count], .function { Float($0) }, isBuffer: true) : nil
  }
}
