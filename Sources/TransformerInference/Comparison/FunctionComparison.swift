internal import Foundation
public import TransformerGraph

/// How the functions of two models differ on seeded probe inputs: the proof of a surgery.
public struct FunctionComparison: Sendable {
  /// The largest absolute difference of two logits.
  public private(set) var maximumDifference = 0.0
  /// The standard deviation of the logits before, which the differences are to be seen against.
  public private(set) var spread = 0.0
  /// Kullback–Leibler divergence of the next-token distributions, in nats: its mean over positions, of the
  /// softmax before from the softmax after.
  public private(set) var meanDivergence = 0.0
  /// See `meanDivergence`: the largest of any position.
  public private(set) var maximumDivergence = 0.0
  /// The share of positions at which both models' best token is the same.
  public private(set) var topAgreement = 1.0
  /// How many positions were compared.
  public private(set) var positionCount = 0

  /// What the models are run on.
  public struct Probe: Sendable {
    /// Decides the tokens.
    public var seed: UInt64 = 0
    /// Sequences.
    public var batch = 2
    /// Tokens of each, fewer where the model's positions end before.
    public var length = 24

    /// The defaults.
    public init() {}
  }

  /// Runs both models.
  ///
  /// - Parameters:
  ///   - before: The graph before, and the name of its model.
  ///   - after: The graph after, and the name of its model.
  ///   - tokensBefore: For each token after, the one before that it stands for; nil: itself.
  ///   - probe: What they are run on.
  /// - Throws: What a runner throws; `unsupported` for a model without a vocabulary in common.
  public init(
    before: (graph: ModelGraph, model: String?), after: (graph: ModelGraph, model: String?),
    tokensBefore: [Int?]? = nil, probe: Probe = Probe()
  ) throws(InferenceError) {
    let first = try ModelRunner(before.graph, keptByteCount: 0)
    let second = try ModelRunner(after.graph, keptByteCount: 0)
    let ids = try Self.tokens(of: second.model(named: after.model), tokensBefore)
    var maker = ProbeInput(seed: probe.seed, batch: probe.batch, length: probe.length)
    let input = maker.input(for: try second.model(named: after.model), ids: ids)
    var mapped = input
    if let tokensBefore, let tokens = input.tokens {
      mapped.tokens = ModelInput.Tokens(
        tokens.ids.map { tokensBefore[$0] ?? 0 }, batch: tokens.batch, length: tokens.length)
    }
    let expected = try first.output(for: mapped, model: before.model)
    let found = try second.output(for: input, model: after.model)
    try compare(expected, found, tokensBefore)
  }

  /// The tokens after that stand for one before.
  private static func tokens(
    of model: Model, _ tokensBefore: [Int?]?
  ) throws(InferenceError) -> [Int] {
    if let tokensBefore {
      let known = tokensBefore.indices.filter { tokensBefore[$0] != nil }
      guard !known.isEmpty else {
        throw .unexpectedInput(name: "--verify", reason: "no token is in both vocabularies")
      }
      return known
    }
    return Array(0..<(model.decoderTokenCount ?? 1))
  }

  private mutating func compare(
    _ before: ModelOutput, _ after: ModelOutput, _ tokensBefore: [Int?]?
  ) throws(InferenceError) {
    let (widthBefore, widthAfter) = (before.shape.last ?? 1, after.shape.last ?? 1)
    let columns: [(after: Int, before: Int)]
    if let tokensBefore, tokensBefore.count == widthAfter {
      columns = tokensBefore.enumerated().compactMap { position, token in
        token.flatMap { $0 < widthBefore ? (position, $0) : nil }
      }
    } else {
      guard widthBefore == widthAfter else {
        throw .shapeMismatch(
          input: "the output", expected: "\(before.shape)", found: after.shape)
      }
      columns = (0..<widthAfter).map { ($0, $0) }
    }
    positionCount = widthAfter == 0 ? 0 : after.values.count / widthAfter
    var moments = (sum: 0.0, squares: 0.0)
    var agreeing = 0
    for position in 0..<positionCount {
      let a = columns.map { Double(before.values[position * widthBefore + $0.before]) }
      let b = columns.map { Double(after.values[position * widthAfter + $0.after]) }
      for (x, y) in zip(a, b) {
        // A NaN on one side only is a difference, and no comparison with it is true.
        let difference = x.isNaN && y.isNaN ? 0 : abs(x - y)
        if !(difference <= maximumDifference) {
          maximumDifference = difference.isNaN ? .infinity : difference
        }
        moments.sum += x
        moments.squares += x * x
      }
      let divergence = Self.divergence(a, b)
      meanDivergence += divergence
      maximumDivergence = max(maximumDivergence, divergence)
      if Self.best(a) == Self.best(b) { agreeing += 1 }
    }
    let count = Double(max(1, positionCount * columns.count))
    let mean = moments.sum / count
    spread = max(0, moments.squares / count - mean * mean).squareRoot()
    meanDivergence /= Double(max(1, positionCount))
    topAgreement = positionCount == 0 ? 1 : Double(agreeing) / Double(positionCount)
  }

  /// `Σ p (log p − log q)` of the softmaxes of two rows, in nats.
  private static func divergence(_ a: [Double], _ b: [Double]) -> Double {
    let (p, q) = (logSoftmax(a), logSoftmax(b))
    return max(0, zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) })
  }

  private static func logSoftmax(_ row: [Double]) -> [Double] {
    let top = row.max() ?? 0
    let total = log(row.reduce(0) { $0 + exp($1 - top) })
    return row.map { $0 - top - total }
  }

  private static func best(_ row: [Double]) -> Int {
    row.indices.max { row[$0] < row[$1] } ?? 0
  }
}

extension Model {
  /// The size of the vocabulary whose logits the model gives; nil where it reads no tokens.
  var decoderTokenCount: Int? {
    switch self {
    case .transformer(let wrapper): wrapper.tokenCount
    case .encoderDecoder(_, let decoder): decoder.tokenCount
    case .wrapped(let inner, _, _): inner.decoderTokenCount
    case .continuous, .vision, .layers: nil
    }
  }
}
