internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// Makes input table and head of one model one tensor; of an `XTransformer`, the tables of its two sides.
///
/// Nothing is lost where `to_logits.weight = τ · E` holds, with the `τ` of the model's release (`Untie`) or,
/// from 2.30.5 on, with any constant, which becomes `tie_embedding_scale`. Otherwise a policy is needed, and
/// the step tells what it costs; `procrustes` and `lowrank` put a linear layer between the last norm and the tied
/// table.
public struct Tie: SurgeryOperation {
  /// The verb.
  public static let verb = "tie"
  /// What to do where the tables are not the same; nil refuses.
  public var policy: TiePolicy?
  /// The weights of `weighted`: of the input table, and of the head.
  public var weights: (input: Double, output: Double)
  /// The width of the table of `lowrank`; nil for the model's.
  public var rank: Int?
  /// The largest difference of two values, relative to the largest value of the head, that is let pass.
  public var tolerance: Double

  /// Ties where nothing is lost, or as `policy` says.
  public init(
    policy: TiePolicy? = nil, weights: (input: Double, output: Double) = (1, 1),
    tolerance: Double = 0, rank: Int? = nil
  ) {
    self.rank = rank
    self.policy = policy
    self.weights = weights
    self.tolerance = tolerance
  }

  /// The plan for one model or more, each by itself.
  public func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    if policy == .joint, let first = models.first {
      throw .tie(.unrepresentable(.joint), model: first.paths.checkpoint)
    }
    guard rank == nil || policy == .lowrank else {
      throw .parameter(verb: Self.verb, reason: "--rank goes with --policy lowrank")
    }
    var after = models
    var facts: [String] = []
    var promises: [Promise] = []
    for position in after.indices { promises.append(try tie(&after[position], &facts)) }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(verb: Self.verb, promises: promises, facts: facts))
  }

  private func tie(
    _ model: inout SurgeryModel, _ facts: inout [String]
  ) throws(SurgeryError) -> Promise {
    try model.requireDecided("tie_embedding")
    let places = try model.graph().wrappers
    var promises: [Promise] = []
    for (encoder, decoder) in zip(places, places.dropFirst())
    where encoder.isEncoder(of: decoder) && !encoder.sharesTable(with: decoder) {
      promises.append(try tieTables(of: encoder, decoder, in: &model, &facts))
    }
    for place in places where place.argumentPrefix.isEmpty {
      guard case .linear(let heads) = place.wrapper.head else { continue }
      promises.append(try tieHead(heads, of: place, in: &model, &facts))
    }
    guard let first = promises.first else {
      throw .tie(.nothingToTie, model: model.paths.checkpoint)
    }
    return promises.dropFirst().reduce(first) { $0.followed(by: $1) }
  }
}

// MARK: - A head

extension Tie {
  private func tieHead(
    _ heads: [Linear], of place: WrapperPlace, in model: inout SurgeryModel,
    _ facts: inout [String]
  ) throws(SurgeryError) -> Promise {
    let tie = try HeadTie(place, heads, in: model)
    if let factored = try factoredHead(tie, in: model) {
      facts += try factored.put(in: &model)
      return factored.promise
    }
    let decision = try tie.decide(by: self, in: model)
    if let blend = decision.blend {
      try model.replaceTable(of: place, with: blend, and: tie.head.weight.tensor)
    }
    if let factor = decision.gainFactor { try model.scaleLastNorm(of: place, by: factor) }
    model.remove([tie.path, tie.biasPath])
    try model.set("tie_embedding", of: place, to: .bool(true))
    if let scale = decision.scale {
      try model.set("tie_embedding_scale", of: place, to: .double(scale))
    }
    try model.set("logits_dim", of: place, to: nil)
    facts += decision.facts
    return decision.promise
  }
}

extension Tie {
  /// What `procrustes` and `lowrank` make of a head; nil for other policies.
  private func factoredHead(
    _ tie: HeadTie, in model: SurgeryModel
  ) throws(SurgeryError) -> FactoredHead? {
    switch policy {
    case .procrustes: try FactoredHead(rotating: tie, in: model)
    case .lowrank:
      try FactoredHead(
        factorising: tie, rank: rank ?? tie.place.wrapper.layers.dimension, in: model)
    default: nil
    }
  }
}

// MARK: - The two sides of an XTransformer

extension Tie {
  private func tieTables(
    of encoder: WrapperPlace, _ decoder: WrapperPlace, in model: inout SurgeryModel,
    _ facts: inout [String]
  ) throws(SurgeryError) -> Promise {
    let paths = [encoder.embeddingPath, decoder.embeddingPath]
    let first = encoder.wrapper.tokenEmbedding.weight.tensor
    let second = decoder.wrapper.tokenEmbedding.weight.tensor
    guard first.shape == second.shape else {
      throw .tie(
        .shapes(paths[0], first.shape, paths[1], second.shape), model: model.paths.checkpoint)
    }
    var promise = Promise(.exact)
    if try model.reading({ () throws(FileError) in try first.hasSameElements(as: second) }) {
      model.replaceEverywhere(second, with: first)
      facts.append("\(paths[0]) and \(paths[1]) are equal and become one table")
    } else {
      promise = try blendTables(first, second, paths, of: encoder, in: &model)
      if case .lossy(let losses) = promise.closeness { facts.append(losses) }
    }
    do {
      try model.configuration.set(.bool(true), at: encoder.modulePath + ["tie_token_emb"])
    } catch { throw .graph(error, model: model.paths.checkpoint) }
    return promise
  }

  private func blendTables(
    _ first: LazyTensor, _ second: LazyTensor, _ paths: [String], of encoder: WrapperPlace,
    in model: inout SurgeryModel
  ) throws(SurgeryError) -> Promise {
    let pair = try model.reading { () throws(FileError) in try TablePair(first, second) }
    guard let blend = TableBlend(policy: policy, weights: weights) else {
      throw .tie(
        .different(TieMeasurement(tables: pair), names: paths), model: model.paths.checkpoint)
    }
    try model.replaceTable(of: encoder, with: blend, and: second)
    model.replaceEverywhere(second, with: model.entry(at: paths[0])?.tensor ?? second)
    return Promise(
      .lossy(
        "\(paths[0]) moves by \(percent(pair.distanceToFirst(blend.first, blend.second))), "
          + "\(paths[1]) by \(percent(pair.distanceToSecond(blend.first, blend.second, scale: 1)))")
    )
  }
}

extension WrapperPlace {
  /// Whether the two are the sides of one `XTransformer`.
  fileprivate func isEncoder(of other: WrapperPlace) -> Bool {
    argumentPrefix == "enc_" && other.argumentPrefix == "dec_" && modulePath == other.modulePath
  }

  fileprivate func sharesTable(with other: WrapperPlace) -> Bool {
    wrapper.tokenEmbedding === other.wrapper.tokenEmbedding
  }
}

/// A share of a whole, for sentences: `12.3 %`.
func percent(_ share: Double) -> String {
  let tenths = (share * 1000).rounded()
  return tenths.magnitude < 1e6 ? "\(tenths / 10) %" : "\(share) times"
}
