internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// Puts rows of another model's token embeddings in the place of a model's own.
///
/// The head's rows, their bias and `ff_deep_embed` go with them where both models have them. A tied head stays
/// tied; what its logits are multiplied by becomes the donor's where all rows are. Rows of other widths are
/// refused unless `method` says what becomes of them.
public struct Transplant: SurgeryOperation {
  /// The verb.
  public static let verb = "transplant"

  /// Where the rows come from.
  public var donor: TransplantDonor
  /// Which rows take the place of which; nil for all, one after the other.
  public var tokens: TokenPairs?
  /// Which of the model's wrappers, as `encoder` or `decoder.net`; nil for the only one.
  public var place: String?
  /// What becomes of rows that are not as wide.
  public var method: ProjectionMethod?
  /// Pairs of tokens that say the same, which `ridge`, `procrustes` and `emb-dim` learn from.
  public var anchors: TokenPairs?
  /// Whether mapped rows get the lengths that the donor's rows predict.
  public var matchesNorms = false
  /// Whether a tied head becomes a tensor of its own first.
  public var untiesHead = false

  /// A transplant of all rows of `donor`.
  public init(from donor: TransplantDonor) { self.donor = donor }

  /// The plan for one model.
  public func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    var after = models
    var promises: [Promise] = []
    var facts = donor.remarks
    var scores: [SurgeryPlan.Step.Score] = []
    for position in after.indices {
      promises.append(try transplant(into: &after[position], &facts, &scores))
    }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(verb: Self.verb, promises: promises, facts: facts, scores: scores))
  }

  private func transplant(
    into model: inout SurgeryModel, _ facts: inout [String],
    _ scores: inout [SurgeryPlan.Step.Score]
  ) throws(SurgeryError) -> Promise {
    var site = try TransplantSite(model, at: place, donor: donor)
    try check(site)
    if untiesHead {
      let scale = site.tieScale ?? 1
      guard site.tieScale != nil else { throw site.fault(.usage("--untie: its head is not tied")) }
      _ = try Untie().addHead(&model, site.place, scale: scale)
      facts.append("\(site.place.keyPrefix)to_logits.weight begins as \(scale) · token_emb")
      site = try TransplantSite(model, at: place, donor: donor)
    }
    var work = TransplantWork(self, site: site, model: model)
    if method == .embeddingDimension, donor.width != site.width {
      try work.replaceTableWhole()
    } else {
      try work.replaceTable()
    }
    try work.replaceHeads()
    try work.replaceDeepEmbedding()
    model = work.model
    _ = try model.graph()
    facts += work.facts
    scores += work.scores
    return Promise(.lossy(work.losses.joined(separator: "; ")))
  }

  private func check(_ site: TransplantSite) throws(SurgeryError) {
    if let tokens {
      try tokens.check(recipientCount: site.tokenCount, donorCount: donor.tokenCount)
      guard !tokens.pairs.isEmpty else {
        throw .tokenMap(.empty, file: tokens.source, line: nil)
      }
    } else if site.tokenCount != donor.tokenCount {
      throw site.fault(
        .rowCountsDiffer(
          recipient: site.tokenCount, donor: donor.path, donorCount: donor.tokenCount))
    }
    if matchesNorms, method == nil || method == .embeddingDimension {
      throw site.fault(
        .usage("--match-norm sets the lengths of mapped rows: it goes with --project"))
    }
    let learns = method.map { $0.needsAnchors || $0 == .embeddingDimension } ?? false
    if anchors != nil, !learns, !matchesNorms {
      throw site.fault(
        .usage(
          "--anchors: nothing is learned; --project ridge, procrustes or emb-dim learns from them"))
    }
    if site.place.wrapper.tokenEmbedding.normalizesRows, !donor.normalizesRows {
      throw site.fault(
        .option(
          "l2norm_embed",
          reason:
            "the model divides rows by their lengths when it reads them, so the lengths of the "
            + "donor's rows would be lost"))
    }
  }
}

/// The table of a model that rows are put into.
struct TransplantSite {
  let path: String
  let graph: ModelGraph
  let place: WrapperPlace
  let tensors: [VocabularyTensor]

  init(
    _ model: SurgeryModel, at place: String?, donor: TransplantDonor
  ) throws(SurgeryError) {
    path = model.paths.checkpoint
    graph = try model.graph()
    self.place = try graph.wrapper(at: place, of: model)
    tensors = graph.vocabularyTensors(of: self.place)
    if self.place.wrapper.tieScale != nil { try model.requireDecided("tie_embedding") }
  }

  /// The table.
  var table: Parameter { place.wrapper.tokenEmbedding.weight }
  /// Rows of the table.
  var tokenCount: Int { table.shape[0] }
  /// Columns of the table.
  var width: Int { table.shape[1] }
  /// What tied logits are multiplied by; nil if the head is not tied.
  var tieScale: Double? { place.wrapper.tieScale }

  func fault(_ fault: TransplantFault) -> SurgeryError { .transplant(fault, model: path) }
}
