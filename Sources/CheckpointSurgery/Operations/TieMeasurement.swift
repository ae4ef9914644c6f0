internal import TensorStorage

/// How far two tables are from being one: what a refusal to tie them says.
public struct TieMeasurement: Equatable, Sendable {
  /// The scalar `α` that brings `α · E` nearest to `W`.
  public var scale: Double
  /// `|W − α E| / |W|` for that scalar.
  public var residual: Double
  /// Cosines of the rows' pairs, below which 5 %, 50 % and 95 % of them are.
  public var rowCosines: [Double]
  /// What each policy costs: how far it moves the first table and the second, relative to their lengths.
  public var costs: [Cost]

  /// What a policy costs.
  public struct Cost: Equatable, Sendable {
    /// The policy.
    public var policy: TiePolicy
    /// How far it moves the first table.
    public var first: Double
    /// How far it moves the second.
    public var second: Double
  }
}

extension TieMeasurement {
  /// Measures a head against a table, with a scale that may be chosen.
  init(head pair: TablePair, scalesTiedLogits: Bool) {
    self.init(pair) { policy in
      TableBlend(pair, Tie(policy: policy), scalesTiedLogits: scalesTiedLogits)
    }
  }

  /// Measures two tables that have the same role.
  init(tables pair: TablePair) {
    self.init(pair) { TableBlend(policy: $0, weights: (1, 1)) }
  }

  private init(_ pair: TablePair, _ blend: (TiePolicy) -> TableBlend?) {
    scale = pair.bestScale
    residual = pair.residual(of: pair.bestScale)
    rowCosines = [0.05, 0.5, 0.95].map { pair.cosine(quantile: $0) }
    costs = [TiePolicy.input, .output, .mean].compactMap { policy in
      blend(policy).map {
        Cost(
          policy: policy, first: pair.distanceToFirst($0.first, $0.second),
          second: pair.distanceToSecond($0.first, $0.second, scale: $0.scale))
      }
    }
  }

  /// The facts and the choices, for a sentence.
  var sentence: String {
    let quantiles = zip(["5 %", "median", "95 %"], rowCosines).map { "\($0) \(rounded($1))" }
    let choices = costs.map {
      "--policy \($0.policy.rawValue) (moves them by \(percent($0.first)) and \(percent($0.second)))"
    }
    return
      "the best scalar is \(rounded(scale)), with |W − αE| / |W| = \(percent(residual)); cosines of "
      + "the rows: \(quantiles.joined(separator: ", ")); choose what is lost: "
      + choices.joined(separator: ", ") + ", or --policy weighted with --weight"
  }
}

/// Four significant digits, for sentences.
func rounded(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return "\(value)" }
  var unit = 1.0
  while abs(value) / unit >= 10_000 { unit *= 10 }
  while abs(value) / unit < 1_000 { unit /= 10 }
  // Dividing by a power of ten prints shorter than multiplying with its inverse.
  let digits = (value / unit).rounded()
  return unit < 1 ? "\(digits / (1 / unit).rounded())" : "\(digits * unit)"
}
