#if canImport(Glibc)
internal import Glibc
#endif

/// How a block's output joins what it was computed from.
public enum Residual: Sendable {
  /// `y + r · scale · constant`.
  case sum(scale: Parameter?, constant: Double)
  /// `torch.nn.GRUCell(input: y, hidden: r · scale)`.
  case gated(GatedRecurrentCell, scale: Parameter?)
  /// `r + (y − its projection on r)`, with `r · scale` for `r`; sequences are one vector each (arXiv 2505.11881).
  case orthogonal(scale: Parameter?)
  /// Means over the sequence apart from what differs from them.
  case meanVarianceSplit(MeanVarianceSplit)
  /// Several streams, mixed.
  case hyperConnection(HyperConnection)
  /// Several streams, gated.
  case gatedMulti(GatedMultiResidual)
}

/// `torch.nn.GRUCell`; rows of gates r, z, n.
public struct GatedRecurrentCell: Sendable {
  /// From the input: weight `[3d, d]`, bias `[3d]`.
  public let inputWeight: Parameter, inputBias: Parameter
  /// From the hidden state: weight `[3d, d]`, bias `[3d]`.
  public let hiddenWeight: Parameter, hiddenBias: Parameter

  init(_ scope: ParameterScope, dimension: Int) {
    let bound = InitialValues.uniform(bound: 1 / Double(dimension).squareRoot())
    inputWeight = scope.parameter("weight_ih", [3 * dimension, dimension], bound)
    hiddenWeight = scope.parameter("weight_hh", [3 * dimension, dimension], bound)
    inputBias = scope.parameter("bias_ih", [3 * dimension], bound)
    hiddenBias = scope.parameter("bias_hh", [3 * dimension], bound)
  }
}

extension Residual {
  /// The residual at `scope` of the layer `layerIndex`.
  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, depth: Int,
    layerIndex: Int, viewCount: Int
  ) throws(GraphError) {
    let streams = try arguments.positive("num_residual_streams")
    if try arguments.bool("gated_multi_residual") {
      let options = try KeywordOptions(
        arguments, "residual_fn_kwargs", known: ["read_gate_rank"])
      guard let rank = options.positive("read_gate_rank") else {
        throw .missingArgument(
          path: arguments.path, className: arguments.className, name: "residual_fn_kwargs",
          hint: "gated_multi_residual needs its read_gate_rank")
      }
      self = .gatedMulti(
        GatedMultiResidual(
          scope, dimension: dimension, streams: streams, views: viewCount, layerIndex: layerIndex,
          rank: rank))
    } else if streams > 1 {
      self = .hyperConnection(
        HyperConnection(
          scope, dimension: dimension, streams: streams, views: viewCount, layerIndex: layerIndex))
    } else if try arguments.bool("gate_residual") {
      let cell = GatedRecurrentCell(scope.child("gru"), dimension: dimension)
      self = .gated(cell, scale: try Self.scale(scope, arguments, dimension))
    } else if try arguments.bool("orthog_residual") {
      self = .orthogonal(scale: try Self.scale(scope, arguments, dimension))
    } else if try arguments.bool("mv_split_residual") {
      self = .meanVarianceSplit(try MeanVarianceSplit(scope, arguments, dimension: dimension))
    } else {
      // DeepNorm's constant (arXiv 2203.00555) for stacks of one kind.
      let constant =
        try arguments.bool("deepnorm")
        ? pow(2 * Double(depth), 0.25) : arguments.double("scale_residual_constant")
      self = .sum(scale: try Self.scale(scope, arguments, dimension), constant: constant)
    }
  }

  /// The residual's factors; a number makes them too, unless it is zero: Python's truth.
  private static func scale(
    _ scope: ParameterScope, _ arguments: Arguments, _ dimension: Int
  ) throws(GraphError) -> Parameter? {
    let hasScale: Bool
    switch arguments.value("scale_residual") {
    case .bool(let value): hasScale = value
    case .int(let value): hasScale = value != 0
    case .double(let value): hasScale = value != 0
    default: throw arguments.wrongKind("scale_residual", "true, false or a number")
    }
    let isDeep = try arguments.bool("deepnorm")
    return hasScale || isDeep ? scope.parameter("residual_scale", [dimension], .constant(1)) : nil
  }
}
