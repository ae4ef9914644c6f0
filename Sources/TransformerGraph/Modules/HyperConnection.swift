/// x-transformers' `HyperConnection` (arXiv 2409.19606, 2512.24880): several residual streams, mixed before each
/// block and written to behind it.
///
/// Sinkhorn's iteration, meant for the mixture of the streams, runs over a row at a time there: it makes every
/// weight 1, so that each stream goes on as the sum of all.
///
/// `s` streams, `v` views for the block (3 where queries, keys and values have their own).
public struct HyperConnection: Sendable {
  /// The LayerNorm of a stream, without bias.
  public let norm: Norm
  /// Shape `[s, v + s]`.
  public let staticAlpha: Parameter
  /// Shape `[d, v + s]`.
  public let dynamicAlpha: Parameter
  /// A scalar.
  public let dynamicAlphaScale: Parameter
  /// Shape `[s]`.
  public let staticBeta: Parameter
  /// Shape `[d]`.
  public let dynamicBeta: Parameter
  /// A scalar.
  public let dynamicBetaScale: Parameter
  /// `s`.
  public let streamCount: Int
  /// `v`.
  public let viewCount: Int

  init(
    _ scope: ParameterScope, dimension: Int, streams: Int, views: Int, layerIndex: Int
  ) {
    streamCount = streams
    viewCount = views
    staticBeta = scope.parameter("static_beta", [streams], .constant(1))
    let own = layerIndex % streams
    let columns = streams + views
    staticAlpha = scope.parameter(
      "static_alpha", [streams, columns],
      .function { index in
        let (stream, column) = (index / columns, index % columns)
        return (column < views ? own : column - views) == stream ? 1 : 0
      })
    dynamicAlpha = scope.parameter(
      "dynamic_alpha_fn", [dimension, streams + views], .constant(0))
    dynamicAlphaScale = scope.parameter("dynamic_alpha_scale", [], .constant(0.01))
    dynamicBeta = scope.parameter("dynamic_beta_fn", [dimension], .constant(0))
    dynamicBetaScale = scope.parameter("dynamic_beta_scale", [], .constant(0.01))
    norm = Norm.torchLayerNorm(scope.child("norm"), dimension, hasBias: false)
  }
}

/// x-transformers' `GatedMultiResidual`: several residual streams, read through gates of each feature and written
/// to through one gate each.
public struct GatedMultiResidual: Sendable {
  /// Shape `[s, d]`.
  public let readGain: Parameter
  /// Shape `[v, s, d]`.
  public let staticRead: Parameter
  /// Shape `[s]`.
  public let staticWrite: Parameter
  /// A scalar.
  public let dynamicScale: Parameter
  /// From all streams to the gates' rank.
  public let toBottleneck: Linear
  /// From the rank to `v · s · d`.
  public let toReadGate: Linear
  /// From the rank to `s`.
  public let toWriteGate: Linear
  /// `s`.
  public let streamCount: Int
  /// `v`.
  public let viewCount: Int

  init(
    _ scope: ParameterScope, dimension: Int, streams: Int, views: Int, layerIndex: Int, rank: Int
  ) {
    streamCount = streams
    viewCount = views
    readGain = scope.parameter("read_gain", [streams, dimension], .constant(1))
    let own = layerIndex % streams
    staticRead = scope.parameter(
      "static_read_logit", [views, streams, dimension],
      .function { $0 / dimension % streams == own ? 1 : 0 })
    staticWrite = scope.parameter("static_write_logit", [streams], .constant(0))
    toBottleneck = Linear(
      scope.child("to_bottleneck"), dimension * streams, rank, hasBias: false)
    toReadGate = Linear(
      scope.child("to_read_gate"), rank, dimension * streams * views, hasBias: false,
      initialValues: .constant(0))
    toWriteGate = Linear(
      scope.child("to_write_gate"), rank, streams, hasBias: false, initialValues: .constant(0))
    dynamicScale = scope.parameter("dynamic_gate_scale", [], .constant(0.01))
  }
}
