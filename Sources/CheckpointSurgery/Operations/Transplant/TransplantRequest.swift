package import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// A transplant as flags and recipes ask for it: the files and names that are read when it is planned.
package struct TransplantRequest: DescribedOperation {
  package static let verb = Transplant.verb
  package static let standard = TransplantRequest()
  package static let modelKey = "into"
  package static let donorKey: String? = "from"

  /// The donor: a file, or in a recipe the name of a model, which is then planned for as the second one.
  package var donor: String?
  /// The donor's table by its name.
  package var donorTensor: String?
  /// The donor's configuration; nil for the one beside it, or an inferred one.
  package var donorConfig: String?
  /// Values of the donor's configuration.
  package var donorSet: [String] = []
  /// Which of the donor's wrappers.
  package var donorPlace: String?
  /// How the donor's file is read.
  package var reading = ReadOptions()
  /// A map of tokens.
  package var tokens: String?
  /// Ranges of rows.
  package var ranges: [String] = []
  /// Pairs of tokens that say the same.
  package var anchors: String?
  /// The model's vocabulary, a tokenizer's file.
  package var vocabulary: String?
  /// The donor's.
  package var donorVocabulary: String?
  /// Which tokens of the two vocabularies are the same.
  package var match: TokenMatch?
  /// What becomes of rows of another width.
  package var method: ProjectionMethod?
  /// Whether mapped rows get the lengths that the donor's rows predict.
  package var matchesNorms = false
  /// Whether a tied head becomes a tensor of its own first.
  package var untiesHead = false
  /// Which of the model's wrappers.
  package var place: String?

  /// Asks for nothing yet.
  package init() {}

  package static let parameters: [RecipeParameter<TransplantRequest>] = [
    .text("from", \.donor),
    .text("from-tensor", \.donorTensor),
    .text("from-config", \.donorConfig),
    .words("from-set", \.donorSet, "a PATH=VALUE", { $0.contains("=") ? $0 : nil }, text: { $0 }),
    .text("from-at", \.donorPlace),
    .text("tokens", \.tokens),
    .words("rows", \.ranges, "a range A:B=C:D", { $0 }, text: { $0 }),
    .text("anchors", \.anchors),
    .text("vocab", \.vocabulary),
    .text("from-vocab", \.donorVocabulary),
    .choice("match", \.match),
    .choice("project", \.method),
    .flag("match-norm", \.matchesNorms),
    .flag("untie", \.untiesHead),
    .text("at", \.place),
  ]

  package var filePaths: [String] {
    [tokens, anchors, vocabulary, donorVocabulary, donorConfig].compactMap { $0 }
  }

  /// The plan for the model, and for the donor behind it where that is a model of the recipe.
  package func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    var facts: [String] = []
    var transplant = Transplant(
      from: try models.count > 1
        ? TransplantDonor(models[1], at: donorPlace) : openDonor(&facts))
    transplant.method = method
    transplant.place = place
    transplant.matchesNorms = matchesNorms
    transplant.untiesHead = untiesHead
    try readTokens(into: &transplant, &facts)
    let plan = try transplant.plan(for: Array(models.prefix(1)))
    var step = plan.steps[0]
    step.facts = facts + step.facts
    step.promises += models.dropFirst().map { _ in Promise(.bytes) }
    return SurgeryPlan(before: models, after: plan.after + models.dropFirst(), step: step)
  }

  /// The donor of a file; what it is taken for is a fact.
  private func openDonor(_ facts: inout [String]) throws(SurgeryError) -> TransplantDonor {
    guard let path = donor else {
      throw .parameter(verb: Self.verb, reason: "--from says where the rows are taken from")
    }
    let checkpoint: Checkpoint
    do {
      checkpoint = try Checkpoint.open(path, options: reading)
      try checkpoint.requireUnchangedPool()
    } catch { throw .format(error) }
    if donorTensor != nil {
      return try TransplantDonor(checkpoint, path: path, tensor: donorTensor)
    }
    if donorConfig == nil, donorSet.isEmpty, InferredConfiguration(checkpoint) == nil,
      ConfiguredCheckpoint.configurationFile(besides: path) == nil
    {
      let donor = try TransplantDonor(checkpoint, path: path)
      facts.append("the donor's table is taken to be '\(escaped(donor.tableName))'")
      return donor
    }
    let configured: ConfiguredCheckpoint
    do {
      configured = try ConfiguredCheckpoint(
        checkpoint, path: path, configurationPath: donorConfig, assignments: donorSet)
    } catch { throw .graph(error, model: path) }
    facts += configured.hints.map { "the donor: \($0)" }
    return try TransplantDonor(SurgeryModel(configured, path: path), at: donorPlace)
  }

  /// Reads the maps and vocabularies that were named.
  private func readTokens(
    into transplant: inout Transplant, _ facts: inout [String]
  ) throws(SurgeryError) {
    guard tokens == nil || ranges.isEmpty else {
      throw .parameter(
        verb: Self.verb,
        reason: "--tokens and --rows both say which rows are meant; give one of them")
    }
    let own = try vocabulary.map { path throws(SurgeryError) in try Vocabulary(contentsOf: path) }
    let others = try donorVocabulary.map { path throws(SurgeryError) in
      try Vocabulary(contentsOf: path)
    }
    func pairs(_ path: String) throws(SurgeryError) -> TokenPairs {
      try TokenPairs(contentsOf: path, recipient: own, donor: others)
    }
    transplant.tokens = try tokens.map(pairs)
    if !ranges.isEmpty { transplant.tokens = try TokenPairs(ranges: ranges) }
    transplant.anchors = try anchors.map(pairs)
    guard let own, let others else {
      if match != nil {
        throw .parameter(
          verb: Self.verb, reason: "--match compares two vocabularies: --vocab and --from-vocab")
      }
      return
    }
    if transplant.tokens != nil, transplant.anchors != nil { return }
    let common = try TokenPairs(matching: own, to: others, by: match ?? .role)
    if let summary = common.summary { facts.append(summary) }
    let learns = [.ridge, .procrustes, .embeddingDimension].contains(method)
    if transplant.tokens == nil { transplant.tokens = common }
    if transplant.anchors == nil, learns { transplant.anchors = common }
  }
}
