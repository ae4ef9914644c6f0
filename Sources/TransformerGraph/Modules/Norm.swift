/// One of x-transformers' normalisations, with its gain where it has one.
public struct Norm: Sendable {
  /// The formulas; `x` is one token's features, `d` their number.
  public enum Kind: Hashable, Sendable {
    /// `(x − mean) / sqrt(var + 1e-5)`, biased variance.
    case layerNorm
    /// `x / max(|x|, 1e-12) · sqrt(d)`, no epsilon inside the root.
    case rmsNorm
    /// `torch.nn.RMSNorm`: `x / sqrt(mean(x²) + ε)`, with the epsilon of float32.
    case torchRMSNorm
    /// As `rmsNorm`, with one gain for all features.
    case scaleNorm
    /// As `rmsNorm`, without a gain.
    case simpleRMSNorm
    /// `tanh(x · scale)`.
    case dynamicTanh
    /// `erf(x · scale + shift)`.
    case derf
    /// LayerNorm whose gain is a projection of the condition.
    case adaptiveLayerNorm
    /// RMSNorm whose gain is a projection of the condition.
    case adaptiveRMSNorm
  }

  /// Which formula.
  public let kind: Kind
  /// The gain, shape `[d]` (`[1]` for `scaleNorm`); nil where there is none.
  public let gain: Parameter?
  /// What is added to the stored gain: 1 with `norm_add_unit_offset`, else 0.
  public let gainOffset: Double
  /// The bias, shape `[d]`: in the releases and families that have one.
  public let bias: Parameter?
  /// The scalar inside `dynamicTanh` and `derf`, and what is added to it.
  public let innerScale: Parameter?
  /// What is added to the inner scale.
  public let innerScaleOffset: Double
  /// The scalar shift inside `derf`.
  public let innerShift: Parameter?
  /// The projection of the condition, for the adaptive kinds.
  public let toGain: Linear?
  /// Whether `scaleNorm` multiplies by `sqrt(d)`; from 0.33.1 to 1.27.19 it did not, and its floor was 1e-5.
  public let hasDimensionScale: Bool
}

/// How all norms of a stack of layers are made.
struct NormFactory {
  let kind: Norm.Kind
  let dimension: Int
  let hasUnitOffset: Bool
  let initialAlpha: Double
  let conditionDimension: Int
  let dialect: Dialect

  /// The norm at `scope`.
  func make(_ scope: ParameterScope) -> Norm {
    let offset = hasUnitOffset ? 1.0 : 0.0
    let initialGain = InitialValues.constant(1 - offset)
    var gain: Parameter?
    var bias: Parameter?
    var innerScale: Parameter?
    var innerScaleOffset = 0.0
    var innerShift: Parameter?
    var toGain: Linear?
    switch kind {
    case .layerNorm:
      (gain, bias) = Self.layerNormParameters(scope, dimension, initialGain, dialect)
    case .rmsNorm:
      gain = scope.parameter("g", [dimension], initialGain)
    case .scaleNorm:
      gain = scope.parameter("g", [1], initialGain)
    case .simpleRMSNorm:
      break
    case .dynamicTanh:
      innerScale = scope.parameter("pre_tanh_scale", [], .constant(initialAlpha * (1 - offset)))
      innerScaleOffset = initialAlpha * offset
      gain = scope.parameter("gamma", [dimension], initialGain)
      bias = scope.parameter("beta", [dimension], .constant(0))
    case .derf:
      innerScale = scope.parameter("alpha", [], .constant(0.5 - offset))
      innerScaleOffset = offset
      innerShift = scope.parameter("s", [], .constant(0))
      gain = scope.parameter("gamma", [dimension], initialGain)
      bias = scope.parameter("beta", [dimension], .constant(0))
    case .adaptiveLayerNorm, .adaptiveRMSNorm:
      toGain = Linear(
        scope.child("to_gamma"), conditionDimension, dimension, hasBias: false,
        initialValues: .constant(0))
    case .torchRMSNorm:
      gain = scope.parameter("weight", [dimension], .constant(1))
    }
    return Norm(
      kind: kind, gain: gain, gainOffset: gain == nil ? 0 : offset, bias: bias,
      innerScale: innerScale, innerScaleOffset: innerScaleOffset, innerShift: innerShift,
      toGain: toGain, hasDimensionScale: dialect.scaleNormHasDimensionScale)
  }

  /// The names depend on the release, and from 1.27.1 to 1.30.23 on the torch that it ran on: with one older
  /// than 2.1 they were those of 1.27.0.
  fileprivate static func layerNormParameters(
    _ scope: ParameterScope, _ dimension: Int, _ initialGain: InitialValues, _ dialect: Dialect
  ) -> (gain: Parameter, bias: Parameter?) {
    let names = dialect.layerNormNames
    let gain = scope.parameter(
      scope.name(among: [names.gain, "gamma", "weight"]), [dimension], initialGain)
    let present = ["bias", "beta"].first { scope.has($0, isDefault: $0 == names.bias) }
    let bias = present.map {
      scope.parameter($0, [dimension], .constant(0), isBuffer: $0 == "beta")
    }
    return (gain, bias)
  }
}

extension Norm {
  /// x-transformers' own LayerNorm where it never has a unit offset (`post_emb_norm`, `ff_post_act_ln`).
  static func plainLayerNorm(
    _ scope: ParameterScope, _ dimension: Int, dialect: Dialect
  ) -> Norm {
    let (gain, bias) = NormFactory.layerNormParameters(scope, dimension, .constant(1), dialect)
    return Norm(
      kind: .layerNorm, gain: gain, gainOffset: 0, bias: bias, innerScale: nil,
      innerScaleOffset: 0, innerShift: nil, toGain: nil, hasDimensionScale: true)
  }

  /// `torch.nn.LayerNorm`: `weight` and, where the key is there, `bias`.
  static func torchLayerNorm(
    _ scope: ParameterScope, _ dimension: Int, hasBias: Bool = true
  ) -> Norm {
    let gain = scope.parameter("weight", [dimension], .constant(1))
    let bias =
      scope.has("bias", isDefault: hasBias)
      ? scope.parameter("bias", [dimension], .constant(0)) : nil
    return Norm(
      kind: .layerNorm, gain: gain, gainOffset: 0, bias: bias, innerScale: nil,
      innerScaleOffset: 0, innerShift: nil, toGain: nil, hasDimensionScale: true)
  }

  /// x-transformers' RMSNorm where it has no unit offset.
  static func plainRMSNorm(_ scope: ParameterScope, _ dimension: Int) -> Norm {
    withGain(scope.parameter("g", [dimension], .constant(1)), kind: .rmsNorm)
  }

  /// `torch.nn.RMSNorm`.
  static func torchRMSNorm(_ scope: ParameterScope, _ dimension: Int) -> Norm {
    withGain(scope.parameter("weight", [dimension], .constant(1)), kind: .torchRMSNorm)
  }

  private static func withGain(_ gain: Parameter, kind: Kind) -> Norm {
    Norm(
      kind: kind, gain: gain, gainOffset: 0, bias: nil, innerScale: nil, innerScaleOffset: 0,
      innerShift: nil, toGain: nil, hasDimensionScale: true)
  }
}
