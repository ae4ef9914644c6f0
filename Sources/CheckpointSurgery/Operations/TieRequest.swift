internal import Checkpoints

/// A tie as flags and recipes ask for it: of the table and head of one model, or of several models' tables.
package struct TieRequest: DescribedOperation {
  package static let verb = Tie.verb
  package static let standard = TieRequest()

  /// What to do where the tables are not the same; nil refuses.
  package var policy: TiePolicy?
  /// The weights of `weighted`: of `input` and `output`, or by the models' names; 1 for the others.
  package var weights: [String: Double] = [:]
  /// Of one model: the difference that is let pass.
  package var tolerance = 0.0
  /// Of several: the table's name; nil for the token embedding.
  package var tensor: String?
  /// The width of the table of `joint`, or of `lowrank`.
  package var rank: Int?

  /// A tie where nothing is lost.
  package init() {}

  package static let parameters: [RecipeParameter<TieRequest>] = [
    .choice("policy", \.policy),
    .numbers("weights", \.weights),
    .number("tolerance", \.tolerance, default: 0),
    .text("tensor", \.tensor),
    .count("rank", \.rank),
  ]

  /// The plan of the model, or of all models together.
  package func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    let names = models.count > 1 ? models.map(\.name) : ["input", "output"]
    if let name = weights.keys.sorted().first(where: { !names.contains($0) }) {
      throw .parameter(
        verb: Self.verb,
        reason: "--weight \(name): the weights are those of \(names.joined(separator: ", "))")
    }
    guard models.count == 1 else {
      guard tolerance == 0 else {
        throw .parameter(verb: Self.verb, reason: "--tolerance is for one model")
      }
      return try TieModels(policy: policy, weights: weights, tensor: tensor, rank: rank)
        .plan(for: models)
    }
    guard tensor == nil else {
      throw .parameter(verb: Self.verb, reason: "--tensor is for several models")
    }
    return try Tie(
      policy: policy, weights: (weights["input"] ?? 1, weights["output"] ?? 1),
      tolerance: tolerance, rank: rank
    ).plan(for: models)
  }
}
