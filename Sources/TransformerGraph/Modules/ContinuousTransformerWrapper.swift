/// x-transformers' `ContinuousTransformerWrapper`: features in, features out.
public struct ContinuousTransformerWrapper: Sendable {
  /// From `dim_in` to `dim`; nil where the input has `dim` features already.
  public let projectIn: Linear?
  /// From `dim` to `dim_out` (twice that, `[mean; log variance]`, where `isProbabilistic`).
  public let projectOut: Linear?
  /// Absolute positions.
  public let positionalEmbedding: PositionalEmbedding?
  /// The norm of the input with its positions.
  public let postEmbeddingNorm: Norm?
  /// Put in front and taken away again, shape `[m, dim]`.
  public let memoryTokens: Parameter?
  /// The stack.
  public let layers: AttentionLayers
  /// The norm behind the stack, in releases before 1.15.
  public let wrapperNorm: Norm?
  /// Whether the output is averaged over the positions.
  public let averagesPool: Bool
  /// Whether the output is a mean and a log variance, stacked in front.
  public let isProbabilistic: Bool
  /// The longest sequence; 0 for no bound of its own.
  public let maxSequenceLength: Int
  /// Options whose forward pass is not built.
  public let carried: CarriedParameters

  /// The wrapper at `scope`.
  init(
    _ scope: ParameterScope, _ configuration: ModuleConfiguration, path: String, dialect: Dialect
  ) throws(GraphError) {
    let arguments = try Arguments(configuration, path: path, dialect: dialect)
    layers = try AttentionLayers(
      scope.child("attn_layers"), arguments.module("attn_layers"),
      path: path.isEmpty ? "attn_layers" : "\(path).attn_layers", dialect: dialect)
    let dimension = layers.dimension
    maxSequenceLength = try arguments.optionalInt("max_seq_len") ?? 0
    isProbabilistic = try arguments.bool("probabilistic")
    let skipsIdentity = try arguments.bool("use_identity_if_same_dim")
    positionalEmbedding = try TransformerWrapper.positionsOfContinuous(
      scope, arguments, layers, dialect: dialect)
    postEmbeddingNorm =
      try arguments.bool("post_emb_norm")
      ? Norm.plainLayerNorm(scope.child("post_emb_norm"), dimension, dialect: dialect) : nil
    let memoryCount = try arguments.optionalInt("num_memory_tokens") ?? 0
    memoryTokens =
      memoryCount > 0
      ? scope.parameter("memory_tokens", [memoryCount, dimension], .normal(standardDeviation: 1))
      : nil
    averagesPool = try arguments.bool("average_pool_embed")
    let inputWidth = try arguments.optionalInt("dim_in")
    let factor = isProbabilistic ? 2 : 1
    guard inputWidth ?? 1 > 0, try arguments.optionalInt("dim_out") ?? 1 > 0,
      maxSequenceLength >= 0, memoryCount >= 0
    else {
      throw .impossible(
        path: path, reason: "dim_in and dim_out must be positive, lengths and counts not negative")
    }
    let outputWidth = try arguments.optionalInt("dim_out").map { $0 * factor }
    func projects(_ width: Int?) -> Bool { width != nil && !(skipsIdentity && width == dimension) }
    let ownIn = try Linear(
      scope.child("project_in"), torchModule: "project_in", of: arguments, to: dimension)
    let ownOut = try Linear(
      scope.child("project_out"), torchModule: "project_out", of: arguments, from: dimension)
    guard ownIn == nil || inputWidth == nil, ownOut == nil || outputWidth == nil else {
      throw .impossible(
        path: path, reason: "project_in excludes dim_in, and project_out excludes dim_out")
    }
    projectIn =
      projects(inputWidth)
      ? Linear(
        scope.child("project_in"), inputWidth ?? 0, dimension, hasBias: dialect.headHasBias) : ownIn
    projectOut =
      projects(outputWidth)
      ? Linear(
        scope.child("project_out"), dimension, outputWidth ?? 0, hasBias: dialect.headHasBias)
      : ownOut
    wrapperNorm =
      dialect.hasWrapperNorm ? Norm.torchLayerNorm(scope.child("norm"), dimension) : nil
    let poolsByMistake = averagesPool && dialect.poolsFeatures
    carried = CarriedParameters(
      options: arguments.carried + (poolsByMistake ? ["average_pool_embed"] : []))
  }
}
