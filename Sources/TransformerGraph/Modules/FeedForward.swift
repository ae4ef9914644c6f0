internal import Checkpoints

/// x-transformers' `FeedForward`: a projection, an activation (gated or not), and a projection back.
public struct FeedForward: Sendable {
  /// The activations that x-transformers or a configuration can name.
  public enum Activation: Hashable, Sendable {
    /// Exact: `x · (1 + erf(x/√2)) / 2`.
    case gelu
    /// `torch.nn.GELU(approximate="tanh")`.
    case geluTanh
    case silu
    case relu
    case reluSquared
    case tanh
    case sigmoid
    case identity
    /// `LayerNorm(softmax(x) · x)`, with a norm of its own.
    case solu
  }

  /// The first projection: to `inner` features, or with a gate to `2 · inner`, the values first.
  public let projectIn: Linear
  /// The activation; of the gate where there is one.
  public let activation: Activation
  /// Whether the first half of the projection is multiplied by the activated second half.
  public let isGated: Bool
  /// A factor on the gated features, shape `[inner]`.
  public let multiplicativeBias: Parameter?
  /// The LayerNorm after the activation.
  public let postActivationNorm: Norm?
  /// The norm inside SoLU.
  public let soluNorm: Norm?
  /// The projection back.
  public let projectOut: Linear
  /// `c · tanh(x / c)` between projection and activation.
  public let softclamp: Double?
  /// The clamps of a gated block: of the linear factor of the activated gate, and of the values.
  public let gateSoftclamp: GateSoftclamp?

  /// `c · tanh(x / c)` on both factors of a gated block (`ff_glu_softclamp`).
  public struct GateSoftclamp: Hashable, Sendable {
    /// For `x` in the gate's `x · Φ(x)` or `x · σ(x)`.
    public let gate: Double
    /// For the values.
    public let values: Double
  }

  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int
  ) throws(GraphError) {
    let dialect = arguments.dialect
    let inner = try Self.innerDimension(arguments, dimension)
    let hasBias = try !arguments.bool("no_bias")
    isGated = try arguments.bool("glu")
    activation = try Self.activation(arguments)
    softclamp = try arguments.optionalDouble("softclamp_value")
    gateSoftclamp = try Self.gateSoftclamp(arguments, activation)
    let body = scope.branch(among: [dialect.feedForwardName, "ff", "net"])
    let first = body.child("0")
    projectIn =
      isGated
      ? Linear(first.child("proj"), dimension, 2 * inner, hasBias: true)
      : Linear(
        first.child("0"), dimension, inner, hasBias: hasBias, requiresBias: hasBias)
    multiplicativeBias =
      try arguments.all("glu", "glu_mult_bias")
      ? first.parameter("mult_bias", [inner], .constant(1)) : nil
    // torch.nn.Sequential numbers what is there: [projection, softclamp, activation].
    let activationScope = first.child(isGated ? "act" : softclamp == nil ? "1" : "2")
    soluNorm =
      activation == .solu
      ? Norm.plainLayerNorm(activationScope.child("norm"), inner, dialect: dialect) : nil
    let hasNorm = try arguments.bool("post_act_ln")
    postActivationNorm =
      hasNorm ? Norm.plainLayerNorm(body.child("1"), inner, dialect: dialect) : nil
    let last = body.branch(
      among: hasNorm ? ["3"] : ["\(dialect.feedForwardOutputNumber)", "2", "3"])
    projectOut = try Linear(
      last, inner, arguments.optionalInt("dim_out") ?? dimension, hasBias: hasBias,
      requiresBias: hasBias)
  }

  private static func gateSoftclamp(
    _ arguments: Arguments, _ activation: Activation
  ) throws(GraphError) -> GateSoftclamp? {
    guard try arguments.all("glu", "glu_softclamp") else { return nil }
    guard [.gelu, .geluTanh, .silu].contains(activation) else {
      throw .impossible(
        path: arguments.path, reason: "ff_glu_softclamp needs GELU or SiLU as the activation")
    }
    return GateSoftclamp(
      gate: try arguments.double("glu_gate_softclamp_value"),
      values: try arguments.double("glu_up_softclamp_value"))
  }

  private static func innerDimension(
    _ arguments: Arguments, _ dimension: Int
  ) throws(GraphError) -> Int {
    let inner = try Double(dimension) * arguments.double("mult")
    guard inner >= 1, inner < 1e12 else {
      throw .impossible(path: arguments.path, reason: "ff_mult leaves no inner features")
    }
    return Int(inner)
  }

  private static func activation(_ arguments: Arguments) throws(GraphError) -> Activation {
    let isSquared = try arguments.bool("relu_squared")
    let isSolu = try arguments.bool("solu")
    guard !(isSquared && isSolu) else {
      throw .impossible(
        path: arguments.path, reason: "ff_relu_squared and ff_solu exclude each other")
    }
    if case .module(let module) = arguments.value("custom_activation") {
      return try Activation(module, path: arguments.path)
    }
    if isSquared { return .reluSquared }
    if isSolu { return .solu }
    return try arguments.bool("swish") ? .silu : .gelu
  }
}

extension FeedForward.Activation {
  /// The activation that a torch module computes.
  init(_ module: ModuleConfiguration, path: String) throws(GraphError) {
    switch module.className {
    case "GELU": self = module["approximate"] == .text("tanh") ? .geluTanh : .gelu
    case "SiLU": self = .silu
    case "ReLU": self = .relu
    case "ReluSquared": self = .reluSquared
    case "Tanh": self = .tanh
    case "Sigmoid": self = .sigmoid
    case "Identity": self = .identity
    case let name:
      let known = ["GELU", "SiLU", "ReLU", "ReluSquared", "Tanh", "Sigmoid", "Identity"]
      throw .unknownClass(path: path, name: name, nearest: NearestName.of(name, among: known))
    }
  }
}
