internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// Gives a vocabulary other tokens (more, fewer, in another order), or a table of positions another length.
///
/// Everything that is indexed by the vocabulary changes at once: the table, heads and their biases,
/// `ff_deep_embed`, and in every wrapper that shares the table. Rows that stay are copied, not decoded.
public struct Resize: SurgeryOperation {
  /// The verb.
  public static let verb = "resize"

  /// Which of the tokens there are stay, and in which order.
  public enum Selection: Hashable, Sendable {
    /// All, as they are.
    case all
    /// All, in the order of the list: token `i` afterwards is token `ids[i]` before.
    case permuted(TokenIDList)
    /// Those of the list, in its order.
    case kept(TokenIDList)
  }

  /// Which of the tokens stay.
  public var selection = Selection.all
  /// The number of tokens afterwards: later ones are cut off, new ones appended; nil for those that stay.
  public var tokenCount: Int?
  /// New tokens are appended until their number is a multiple of this; nil for none.
  public var multiple: Int?
  /// The number of positions afterwards (`max_seq_len`); nil to leave it.
  public var positionCount: Int?
  /// What new rows are made of, of tokens and of positions.
  public var newRows = NewRows.mean
  /// Decides the rows that are drawn.
  public var seed: UInt64 = 0
  /// The wrapper, as `encoder` or a model's name; nil where there is one vocabulary only.
  public var place: String?

  /// Changes nothing yet.
  public init() {}

  /// The plan for one model.
  public func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    try checkParameters()
    var after = models
    var facts: [String] = []
    var promises: [Promise] = []
    for position in after.indices {
      promises.append(try resize(&after[position], &facts))
    }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(verb: Self.verb, promises: promises, facts: facts))
  }

  var changesTokens: Bool { selection != .all || tokenCount != nil || multiple != nil }

  private func checkParameters() throws(SurgeryError) {
    func refuse(_ reason: String) -> SurgeryError { .parameter(verb: Self.verb, reason: reason) }
    guard changesTokens || positionCount != nil else {
      throw refuse(
        "nothing to do; --tokens, --pad-to-multiple, --permute, --keep-tokens or --max-seq-len says what"
      )
    }
    let counts = [
      ("--tokens", tokenCount), ("--pad-to-multiple", multiple), ("--max-seq-len", positionCount),
    ]
    for (name, count) in counts {
      if let count, !(1...Self.largestCount).contains(count) {
        throw refuse("\(name) takes a number from 1 to \(Self.largestCount), not \(count)")
      }
    }
  }

  // Tables beyond this cannot be those of a model; sums of two stay far from overflow.
  private static let largestCount = 1 << 28

  private func resize(
    _ model: inout SurgeryModel, _ facts: inout [String]
  ) throws(SurgeryError) -> Promise {
    let graph = try model.graph()
    let chosen = try places(in: graph, of: model)
    var promise = Promise(.exact)
    if changesTokens {
      promise = try resizeVocabulary(&model, graph, of: chosen[0], &facts)
    }
    if let positionCount {
      try resizePositions(&model, graph, of: chosen[0], to: positionCount, &facts)
    }
    // What else depends on the sizes shows as a slot that is not filled.
    _ = try model.graph()
    return promise
  }

  /// The wrappers that are meant; they have one vocabulary.
  private func places(
    in graph: ModelGraph, of model: SurgeryModel
  ) throws(SurgeryError) -> [WrapperPlace] {
    let all = graph.wrappers
    let titles = all.map(\.title).joined(separator: ", ")
    guard !all.isEmpty else { throw unsuitable(model, "there is no TransformerWrapper in it") }
    let chosen = place.map { name in all.filter { $0.isNamed(name) } } ?? all
    guard let first = chosen.first else {
      throw unsuitable(model, "--at \(escaped(place ?? "")) is none of its wrappers: \(titles)")
    }
    let shares = graph.wrappersSharingTable(of: first).map(\.keyPrefix)
    // A shared table is resized for all; positions are each wrapper's own.
    let isOne = changesTokens && positionCount == nil
    guard chosen.count == 1 || isOne && chosen.allSatisfy({ shares.contains($0.keyPrefix) }) else {
      throw unsuitable(model, "it has several wrappers; --at says which: \(titles)")
    }
    return chosen
  }

  func unsuitable(_ model: SurgeryModel, _ reason: String) -> SurgeryError {
    .unsuitable(model: model.paths.checkpoint, verb: Self.verb, reason: reason)
  }
}

extension WrapperPlace {
  /// Whether `name` leads to it: its title, or the beginning of that up to a dot.
  fileprivate func isNamed(_ name: String) -> Bool {
    keyPrefix == "\(name)." || keyPrefix.hasPrefix("\(name).")
  }
}
