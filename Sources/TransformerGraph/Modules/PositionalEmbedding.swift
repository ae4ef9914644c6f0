#if canImport(Glibc)
internal import Glibc
#endif

/// Absolute positions, added to the token embeddings.
public enum PositionalEmbedding: Sendable {
  /// A learned table, shape `[max_seq_len, emb_dim]`, whose rows are multiplied by `scale`, or divided by
  /// their length.
  case absolute(table: Parameter, scale: Double, normalizesRows: Bool)
  /// `concat(sin(n·w), cos(n·w)) · scale`, `w_i = 10000^(−i/half)`; `scale` has the shape `[1]`.
  case scaledSinusoidal(scale: Parameter)
}

extension PositionalEmbedding {
  /// A learned table at `scope`.
  static func absolute(
    _ scope: ParameterScope, positionCount: Int, dimension: Int, normalizesRows: Bool,
    dialect: Dialect
  ) -> PositionalEmbedding {
    let scale = dialect.scalesAbsolutePositions ? 1 / Double(dimension).squareRoot() : 1
    let table = scope.parameter(
      "emb.weight", [positionCount, dimension],
      .normal(standardDeviation: normalizesRows ? 1e-5 : 1))
    return .absolute(
      table: table, scale: normalizesRows ? 1 : scale, normalizesRows: normalizesRows)
  }

  /// Sinusoids with a learned scale at `scope`.
  static func scaledSinusoidal(_ scope: ParameterScope, dimension: Int) -> PositionalEmbedding {
    .scaledSinusoidal(
      scale: scope.parameter("scale", [1], .constant(1 / Double(dimension).squareRoot())))
  }
}

/// Rotary positions: pairs of features of queries and keys are turned by the position.
public struct RotaryEmbedding: Sendable {
  /// Radians per position of each pair, shape `[rotatedDimension / 2]`; any schedule works through it.
  public let inverseFrequencies: Parameter
  /// xpos: the base of each pair's growth, shape `[rotatedDimension / 2]`.
  public let scale: Parameter?
  /// xpos: positions for one power.
  public let scaleBase: Double
  /// Positions are divided by it.
  public let interpolationFactor: Double
  /// Whether pairs are neighbours; else halves of the rotated part.
  public let isInterleaved: Bool

  init(
    _ scope: ParameterScope, dimension: Int, baseRescaleFactor: Double,
    interpolationFactor: Double, xposScaleBase: Double?, dialect: Dialect
  ) {
    let pairCount = (dimension + 1) / 2
    let exponent = dimension == 2 ? 0 : Double(dimension) / Double(dimension - 2)
    let base = 10000 * pow(baseRescaleFactor, exponent)
    inverseFrequencies = scope.parameter(
      "inv_freq", [pairCount], Self.frequencies(dimension: dimension, base: base), isBuffer: true)
    if let xposScaleBase {
      scale = scope.parameter(
        "scale", [pairCount],
        .function { (Float(2 * $0) + 0.4 * Float(dimension)) / (1.4 * Float(dimension)) },
        isBuffer: true)
      scaleBase = xposScaleBase
    } else {
      scale = nil
      scaleBase = 1
    }
    self.interpolationFactor = interpolationFactor
    isInterleaved = dialect.rotatesInterleavedPairs
  }
}

extension RotaryEmbedding {
  /// `base^(−2j / dimension)`, in float32 as there.
  static func frequencies(dimension: Int, base: Double) -> InitialValues {
    .function { 1 / Float(pow(base, Double(Float(2 * $0) / Float(dimension)))) }
  }
}

/// A bias on the attention logits that depends on the distance between query and key.
public enum RelativePosition: Sendable {
  /// Slopes times distances on the first heads, none on the others.
  case alibi(Slopes, form: AlibiForm)
  /// T5's buckets: a table of shape `[buckets, heads]`, multiplied by `scale`.
  case buckets(table: Parameter, scale: Double, maxDistance: Int, isCausal: Bool)
  /// An MLP from the distance to one number for each head.
  case dynamic(DynamicPositionBias)
}

extension RelativePosition {
  /// ALiBi's slopes.
  public enum Slopes: Sendable {
    /// Those of the paper, or of `rel_pos_kwargs`, for the first heads.
    case given([Double])
    /// Logarithms of learned ones (`alibi_learned`, before 1.19), for keys behind and, where they differ, ahead.
    case learned(past: Parameter, future: Parameter?)
  }

  /// What ALiBi's slopes are multiplied by, for a query `i` and a key `j`.
  public enum AlibiForm: Sendable {
    /// `−|i − j|`.
    case negativeDistance
    /// `j − i` (causal stacks before 0.28.1).
    case signedDistance
    /// `|i − j|` (other stacks before 0.28.1).
    case positiveDistance
  }

  /// ALiBi's slopes (arXiv 2108.12409) as x-transformers computes them.
  public static func slopes(_ count: Int) -> [Double] {
    guard count > 0 else { return [] }
    func powers(_ count: Int) -> [Double] {
      let start = pow(2, -pow(2, -(log2(Double(count)) - 3)))
      return (0..<count).map { start * pow(start, Double($0)) }
    }
    let floor = 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
    if floor == count { return powers(count) }
    let more = powers(2 * floor).enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
    return powers(floor) + more.prefix(count - floor)
  }
}

/// The MLP of `dynamic_pos_bias`: linear layers with an activation between them, the last one to the heads.
public struct DynamicPositionBias: Sendable {
  /// One hidden layer.
  public struct Layer: Sendable {
    /// The projection.
    public let linear: Linear
    /// The norm between projection and activation.
    public let norm: Norm?
  }

  /// The hidden layers.
  public let layers: [Layer]
  /// The projection to the heads.
  public let toHeads: Linear
  /// Whether the input is `sign(n) · log(|n| + 1)` instead of the distance `n`.
  public let usesLogDistance: Bool
  /// SiLU, and ReLU before 1.6.4.
  public let activation: FeedForward.Activation

  init(
    _ scope: ParameterScope, dimension: Int, headCount: Int, depth: Int, hasNorm: Bool,
    usesLogDistance: Bool, dialect: Dialect
  ) {
    activation = dialect.dynamicBiasHasSiLU ? .silu : .relu
    let mlp = scope.child("mlp")
    layers = (0..<depth).map { index in
      let layer = mlp.child("\(index)")
      let linear = Linear(
        layer.child("0"), index == 0 ? 1 : dimension, dimension, hasBias: true)
      guard hasNorm else { return Layer(linear: linear, norm: nil) }
      // The first is x-transformers' own LayerNorm, the later ones are torch's.
      let norm =
        index == 0
        ? Norm.plainLayerNorm(layer.child("1"), dimension, dialect: dialect)
        : Norm.torchLayerNorm(layer.child("1"), dimension)
      return Layer(linear: linear, norm: norm)
    }
    toHeads = Linear(mlp.child("\(depth)"), dimension, headCount, hasBias: true)
    self.usesLogDistance = usesLogDistance
  }
}
