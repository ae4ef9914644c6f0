internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// Gives tied heads a tensor of their own: `to_logits.weight = τ · E`.
///
/// `τ` is what the release multiplies tied logits by: 1 before 2.30.5, then `tie_embedding_scale` or
/// `dim^-0.5` (x-transformers 2.30.5, `TransformerWrapper.__init__`). With `l2norm_embed` the head takes the
/// raw rows, since tied logits do.
public struct Untie: SurgeryOperation {
  /// The verb.
  public static let verb = "untie"

  /// Unties every tied head of the model.
  public init() {}

  /// The plan for one model.
  public func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    var after = models
    var facts: [String] = []
    var promises: [Promise] = []
    for position in after.indices {
      promises.append(try untie(&after[position], &facts))
    }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(verb: Self.verb, promises: promises, facts: facts))
  }

  private func untie(
    _ model: inout SurgeryModel, _ facts: inout [String]
  ) throws(SurgeryError) -> Promise {
    try model.requireDecided("tie_embedding")
    let tied = try model.graph().wrappers.filter { $0.wrapper.tieScale != nil }
    guard !tied.isEmpty else {
      throw .unsuitable(
        model: model.paths.checkpoint, verb: Self.verb, reason: "no head of it is tied")
    }
    var isExact = true
    for place in tied {
      let scale = place.wrapper.tieScale ?? 1
      try untie(&model, place, scale: scale)
      isExact = isExact && abs(scale).significand == 1
      facts.append(
        "\(place.keyPrefix)to_logits.weight = \(scale) · token_emb: "
          + "\(place.wrapper.tokenEmbedding.weight.elementCount) parameters more")
    }
    return Promise(isExact ? .exact : .rounding)
  }

  private func untie(
    _ model: inout SurgeryModel, _ place: WrapperPlace, scale: Double
  ) throws(SurgeryError) {
    let table = place.wrapper.tokenEmbedding.weight.tensor
    let key = place.keyPrefix + "to_logits.weight"
    let head =
      scale == 1
      ? table.detached
      : LazyTensor.combination(
        [.init(scale, table)], as: table.dtype, formula: "\(scale) · \(place.keyPrefix)token_emb")
    guard let head else {
      throw .unsuitable(
        model: model.paths.checkpoint, verb: Self.verb,
        reason: "its embedding has the dtype \(table.dtype.name), which cannot be scaled")
    }
    try model.add(head, at: key, like: place.keyPrefix + "token_emb.emb.weight")
    try model.set("tie_embedding", of: place, to: nil)
    try model.set("tie_embedding_scale", of: place, to: nil)
  }
}

extension TransformerWrapper {
  /// What tied logits are multiplied by; nil if the head is not tied.
  var tieScale: Double? {
    if case .tied(let scale) = head { scale } else { nil }
  }
}
