internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// Makes the token embeddings of several models one table.
///
/// In the models afterwards it is one `LazyTensor`: a `Bundle` of them stores it once.
public struct TieModels: SurgeryOperation {
  /// The verb.
  public static let verb = "tie"
  /// What to do where the tables are not the same; nil refuses.
  public var policy: TiePolicy?
  /// The weights of `weighted` by the models' names; 1 for the others.
  public var weights: [String: Double]
  /// The table's name, as the files have it; nil for the token embedding, where there is one.
  public var tensor: String?
  /// The width of the shared table of `joint`; nil for the sum of the tables' widths, which loses nothing.
  public var rank: Int?

  /// Ties where nothing is lost, or as `policy` says.
  public init(
    policy: TiePolicy? = nil, weights: [String: Double] = [:], tensor: String? = nil,
    rank: Int? = nil
  ) {
    self.policy = policy
    self.weights = weights
    self.tensor = tensor
    self.rank = rank
  }

  /// The plan for two models or more.
  public func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    if policy == .joint { return try jointPlan(for: models) }
    guard rank == nil else {
      throw .parameter(verb: Self.verb, reason: "--rank goes with --policy joint")
    }
    var tables: [TableSharing.Table] = []
    for model in models { tables.append(.init(model: model.name, tensor: try table(of: model))) }
    let outcome = try TableSharing(tables: tables, policy: policy, weights: weights).outcome()
    var after = models
    for position in after.indices {
      after[position].replaceEverywhere(tables[position].tensor, with: outcome.table)
    }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(verb: Self.verb, promises: outcome.promises, facts: outcome.facts))
  }

  private func table(of model: SurgeryModel) throws(SurgeryError) -> LazyTensor {
    if let tensor { return try Bundle.Member(model).tensor(named: tensor) }
    var found: [(name: String, weight: Parameter)] = []
    for place in try model.graph().wrappers {
      let weight = place.wrapper.tokenEmbedding.weight
      if found.contains(where: { $0.weight === weight }) { continue }
      found.append((model.tensorName(place.embeddingPath).text, weight))
    }
    guard found.count < 2 else {
      throw .bundle(.severalTables(model: model.name, names: found.map(\.name)))
    }
    guard let only = found.first else { throw .bundle(.noTable(model: model.name)) }
    return only.weight.tensor
  }
}

extension Bundle.Member {
  /// What the token embedding is called in the models of the libraries that call it by one name.
  private static let knownTables: [TensorName] = [
    "token_emb.emb.weight", "net.token_emb.emb.weight", "model.embed_tokens.weight",
    "transformer.wte.weight", "wte.weight", "gpt_neox.embed_in.weight", "shared.weight",
    "model.shared.weight", "model.decoder.embed_tokens.weight", "embed_tokens.weight",
    "embeddings.word_embeddings.weight", "bert.embeddings.word_embeddings.weight",
    "roberta.embeddings.word_embeddings.weight", "transformer.word_embeddings.weight",
    "word_embeddings.weight", "backbone.embedding.weight",
  ]

  /// Its table, where that is known or named.
  func table(named given: String?) throws(SurgeryError) -> LazyTensor {
    if let given { return try tensor(named: given) }
    guard let table = Self.knownTables.lazy.compactMap({ checkpoint[$0] }).first else {
      throw .bundle(.noTable(model: name))
    }
    return table
  }

  /// The tensor of that name.
  func tensor(named tensor: String) throws(SurgeryError) -> LazyTensor {
    if let found = checkpoint[TensorName(tensor)] { return found }
    throw .bundle(
      .unknownTensor(
        model: name, name: tensor,
        nearest: NearestName.of(tensor, among: checkpoint.entries.map(\.name.text))))
  }
}

extension Bundle {
  /// The bundle in which the tables of all members are one; what was found.
  ///
  /// For models of any library: only the table's name is looked for, or given.
  public func sharingTable(
    named tensor: String? = nil, policy: TiePolicy? = nil, weights: [String: Double] = [:]
  ) throws(SurgeryError) -> (bundle: Bundle, facts: [String]) {
    var tables: [TableSharing.Table] = []
    for member in members {
      tables.append(.init(model: member.name, tensor: try member.table(named: tensor)))
    }
    let outcome = try TableSharing(tables: tables, policy: policy, weights: weights).outcome()
    var result = self
    for position in members.indices {
      result.members[position].checkpoint.replaceEverywhere(
        tables[position].tensor, with: outcome.table)
    }
    return (result, outcome.facts)
  }
}
