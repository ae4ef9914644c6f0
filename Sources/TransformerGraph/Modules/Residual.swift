/// How a block's output joins what it was computed from.
public enum Residual: Sendable {
  /// `y + r · scale · constant`.
  case sum(scale: Parameter?, constant: Double)
  /// `torch.nn.GRUCell(input: y, hidden: r · scale)`.
  case gated(GatedRecurrentCell, scale: Parameter?)
  /// One whose weights are carried and whose formula is not built.
  case carried(CarriedParameters)
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
  /// The residual at `scope` of the layer `index`.
  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, inputViewCount: Int
  ) throws(GraphError) {
    let scaleValue = arguments.value("scale_residual")
    // A float makes the parameter too, unless it is zero: Python's truth.
    let hasScale: Bool
    switch scaleValue {
    case .bool(let value): hasScale = value
    case .int(let value): hasScale = value != 0
    case .double(let value): hasScale = value != 0
    default: throw arguments.wrongKind("scale_residual", "true, false or a number")
    }
    func makeScale() -> Parameter? {
      hasScale ? scope.parameter("residual_scale", [dimension], .constant(1)) : nil
    }
    let streams = try arguments.int("num_residual_streams")
    if try arguments.bool("gated_multi_residual") {
      self = .carried(
        try .gatedMultiResidual(
          scope, arguments, dimension: dimension, streams: streams, views: inputViewCount))
    } else if streams > 1 {
      self = .carried(
        .hyperConnection(scope, dimension: dimension, streams: streams, views: inputViewCount))
    } else if try arguments.bool("gate_residual") {
      let cell = GatedRecurrentCell(scope.child("gru"), dimension: dimension)
      self = .gated(cell, scale: makeScale())
    } else if try arguments.bool("orthog_residual") {
      var carried = CarriedParameters(options: ["orthog_residual"])
      if let scale = makeScale() { carried.parameters.append(scale) }
      self = .carried(carried)
    } else if try arguments.bool("mv_split_residual") {
      self = .carried(.meanVarianceSplit(scope, dimension: dimension))
    } else {
      self = .sum(scale: makeScale(), constant: try arguments.double("scale_residual_constant"))
    }
  }
}

extension CarriedParameters {
  /// `HyperConnection` of `num_residual_streams` streams.
  static func hyperConnection(
    _ scope: ParameterScope, dimension: Int, streams: Int, views: Int
  ) -> CarriedParameters {
    var carried = CarriedParameters(options: ["num_residual_streams"])
    carried.add(scope, "static_beta", [streams], .constant(1))
    carried.add(scope, "static_alpha", [streams, streams + views])
    carried.add(scope, "dynamic_alpha_fn", [dimension, streams + views])
    carried.add(scope, "dynamic_alpha_scale", [], .constant(0.01))
    carried.add(scope, "dynamic_beta_fn", [dimension])
    carried.add(scope, "dynamic_beta_scale", [], .constant(0.01))
    carried.add(scope, "norm.weight", [dimension], .constant(1))
    return carried
  }

  /// `MVSplitResidualUpdate`.
  static func meanVarianceSplit(_ scope: ParameterScope, dimension: Int) -> CarriedParameters {
    var carried = CarriedParameters(options: ["mv_split_residual"])
    if scope.hasAny(below: ["to_alpha"]) {
      carried.addLinear(scope.child("to_alpha"), dimension, dimension, hasBias: true)
      carried.addLinear(scope.child("to_beta"), dimension, dimension, hasBias: true)
    } else {
      carried.add(scope, "alpha", [dimension])
      carried.add(scope, "beta", [dimension], .constant(0.03))
    }
    return carried
  }

  /// `GatedMultiResidual`; its rank is read off the file or given in `residual_fn_kwargs`.
  static func gatedMultiResidual(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, streams: Int, views: Int
  ) throws(GraphError) -> CarriedParameters {
    guard case .dictionary(let options) = arguments.value("residual_fn_kwargs"),
      case .int(let rank)? = options.first(where: { $0.name == "read_gate_rank" })?.value, rank > 0
    else {
      throw .missingArgument(
        path: arguments.path, className: arguments.className, name: "residual_fn_kwargs",
        hint: "gated_multi_residual needs its read_gate_rank")
    }
    var carried = CarriedParameters(options: ["gated_multi_residual"])
    carried.add(scope, "read_gain", [streams, dimension], .constant(1))
    carried.add(scope, "static_read_logit", [views, streams, dimension])
    carried.add(scope, "static_write_logit", [streams])
    carried.add(scope, "dynamic_gate_scale", [], .constant(0.01))
    carried.addLinear(scope.child("to_bottleneck"), dimension * streams, rank)
    carried.addLinear(scope.child("to_read_gate"), rank, dimension * streams * views)
    carried.addLinear(scope.child("to_write_gate"), rank, streams)
    return carried
  }
}
