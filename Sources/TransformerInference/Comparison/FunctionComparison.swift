#if canImport(Glibc)
internal import Glibc
#endif
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
    /// Tokens of each, fewer where the positions of a model end before.
    public var length = 24
    /// Token ids of the vocabulary before, to be used in place of drawn ones; an encoder's are drawn.
    public var tokens: ModelInput.Tokens?

    /// The defaults.
    public init() {}
  }

  /// Runs both models.
  ///
  /// - Parameters:
  ///   - before: The graph before, and the name of its model.
  ///   - after: The graph after, and the name of its model.
  ///   - tokensBefore: For wrappers with another vocabulary afterwards, by what stands before their paths
  ///     in the graph after, and each of their tokens: the one before that it stands for.
  ///   - probe: What they are run on.
  /// - Throws: What a runner throws; `unexpectedInput` for vocabularies without a token in common.
  public init(
    before: (graph: ModelGraph, model: String?), after: (graph: ModelGraph, model: String?),
    tokensBefore: [String: [Int?]] = [:], probe: Probe = Probe()
  ) throws(InferenceError) {
    let first = try ModelRunner(before.graph, keptByteCount: 0)
    let second = try ModelRunner(after.graph, keptByteCount: 0)
    let models = (
      before: try first.model(named: before.model), after: try second.model(named: after.model)
    )
    let places = after.graph.wrappers(of: after.model ?? after.graph.models.first?.name ?? "")
    let maps = places.map { tokensBefore[$0.keyPrefix] }
    var maker = ProbeInput(probe, for: models)
    let inputs = try maker.inputs(for: models.after, tokensBefore: maps)
    let run = { (masked: Bool) throws(InferenceError) -> (ModelOutput, ModelOutput) in
      let inputs =
        masked ? inputs : (before: inputs.before.unmasked, after: inputs.after.unmasked)
      return (
        try first.output(for: inputs.before, model: before.model),
        try second.output(for: inputs.after, model: after.model)
      )
    }
    let (expected, found): (ModelOutput, ModelOutput)
    do { (expected, found) = try run(true) } catch {
      if case .format = error { throw error }
      // Some options leave no place for masks: then the input is refused before any arithmetic.
      (expected, found) = try run(false)
    }
    // Logits are those of the decoder's vocabulary, unless the output is something else.
    let isVocabulary = places.last?.wrapper.givesLogitsOfTokens ?? false
    try compare(expected, found, isVocabulary ? maps.last ?? nil : nil)
  }

  private mutating func compare(
    _ before: ModelOutput, _ after: ModelOutput, _ tokensBefore: [Int?]?
  ) throws(InferenceError) {
    let (widthBefore, widthAfter) = (before.shape.last ?? 1, after.shape.last ?? 1)
    let columns =
      tokensBefore.map { tokens in
        tokens.enumerated().compactMap { position, token in token.map { (position, $0) } }
      } ?? (0..<widthAfter).map { ($0, $0) }
    guard before.shape.dropLast() == after.shape.dropLast(),
      columns.allSatisfy({ $0.0 < widthAfter && $0.1 < widthBefore }),
      tokensBefore != nil || widthBefore == widthAfter
    else {
      throw .shapeMismatch(input: "the output", expected: "\(before.shape)", found: after.shape)
    }
    positionCount = widthAfter == 0 ? 0 : after.values.count / widthAfter
    var moments = (sum: 0.0, squares: 0.0)
    var agreeing = 0
    for position in 0..<positionCount {
      let a = columns.map { Double(before.values[position * widthBefore + $0.1]) }
      let b = columns.map { Double(after.values[position * widthAfter + $0.0]) }
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

extension TransformerWrapper {
  /// Whether its output has a number for each token of its vocabulary.
  fileprivate var givesLogitsOfTokens: Bool {
    switch head {
    case .linear(let heads): heads.allSatisfy { $0.outputCount == tokenCount }
    case .factored(_, let up): up.outputCount == tokenCount
    case .tied: true
    case .embeddings: false
    }
  }
}
