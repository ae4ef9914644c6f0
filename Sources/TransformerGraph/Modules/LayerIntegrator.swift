/// What makes a block's input of the inputs of all earlier blocks and its own.
public enum LayerIntegrator: Sendable {
  /// x-transformers' `DynamicLIMe` (arXiv 2502.09245).
  case weights(DynamicLIMe)
  /// x-transformers' `AttentionResidual` (arXiv 2603.15031).
  case attention(AttentionResidual)
}

/// Weights of the earlier inputs, computed from the latest.
public struct DynamicLIMe: Sendable {
  /// RMSNorm without unit offset.
  public let norm: Norm
  /// To `views · layers` weights.
  public let toWeights: Linear
  /// 3 where queries, keys and values have their own.
  public let viewCount: Int
  /// Whether weights go through softmax; else through ReLU.
  public let usesSoftmax: Bool

  init(
    _ scope: ParameterScope, dimension: Int, layerCount: Int, viewCount: Int, usesSoftmax: Bool
  ) {
    let place = scope.child("to_weights")
    norm = Norm.plainRMSNorm(place.child("0"), dimension)
    toWeights = Linear(place.child("1"), dimension, viewCount * layerCount, hasBias: true)
    self.viewCount = viewCount
    self.usesSoftmax = usesSoftmax
  }
}

/// Attention over the earlier inputs, token by token, with a query made of the latest.
public struct AttentionResidual: Sendable {
  /// `torch.nn.RMSNorm` of the inputs.
  public let keyNorm: Norm
  /// `torch.nn.RMSNorm` of the latest input, in front of `toQuery`.
  public let queryInputNorm: Norm
  /// To what is added to the latest input, `views · d`.
  public let toQuery: LoRALinear
  /// `torch.nn.RMSNorm` of the query.
  public let queryNorm: Norm
  /// 3 where queries, keys and values have their own.
  public let viewCount: Int

  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, viewCount: Int
  ) throws(GraphError) {
    let options = try KeywordOptions(
      arguments, "attn_aggregated_residual_kwargs", known: ["lora_rank", "lora_activation"])
    let rank = options.positive("lora_rank") ?? Self.defaultRank
    guard rank < dimension else {
      throw .impossible(
        path: arguments.path,
        reason: "attn_aggregated_residuals need a lora_rank below dim (\(dimension)), not \(rank)")
    }
    self.viewCount = viewCount
    keyNorm = Norm.torchRMSNorm(scope.child("to_keys"), dimension)
    queryInputNorm = Norm.torchRMSNorm(scope.child("to_query.0"), dimension)
    toQuery = try LoRALinear(
      scope.child("to_query.1"), dimension, dimension * viewCount, rank: rank,
      isActivated: false, path: arguments.path)
    queryNorm = Norm.torchRMSNorm(scope.child("norm"), dimension)
    if case .module(let module)? = options["lora_activation"], module.className != "Identity" {
      throw .impossible(
        path: arguments.path, reason: "no other lora_activation than Identity is known")
    }
  }

  // DEFAULT_ATTN_RESIDUAL_LORA_RANK of x-transformers 2.31.10.
  private static let defaultRank = 64
}
