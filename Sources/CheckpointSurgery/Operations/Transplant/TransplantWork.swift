internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// One transplant into one model, while it is being planned.
struct TransplantWork {
  let operation: Transplant
  let site: TransplantSite
  /// The model as it will be.
  var model: SurgeryModel
  /// What was found and decided.
  var facts: [String] = []
  /// What is not as it was.
  var losses: [String] = []
  /// How well learned maps do.
  var scores: [SurgeryPlan.Step.Score] = []

  init(_ operation: Transplant, site: TransplantSite, model: SurgeryModel) {
    self.operation = operation
    self.site = site
    self.model = model
  }

  var donor: TransplantDonor { operation.donor }

  private var projector: RowProjector {
    RowProjector(
      method: operation.method, anchors: operation.anchors, matchesNorms: operation.matchesNorms,
      model: site.path, donor: donor.path)
  }

  // MARK: - The table

  /// Rows of the donor's table take the place of the table's.
  mutating func replaceTable() throws(SurgeryError) {
    guard let tensor = site.tensors.first(where: \.isTable) else { throw site.fault(.noTable) }
    var projection = try projector.projection(
      from: donor.table, to: site.table.tensor, title: tensor.title)
    try normalize(&projection)
    let rows = try rows(of: donor.table, projection, into: site.table.tensor, donor.tableName)
    model.replace(tensor, with: rows)
    note(projection)
    let count = operation.tokens?.pairs.count ?? site.tokenCount
    facts.append(
      "\(tensor.title): \(count) of \(site.tokenCount) rows are those of \(escaped(donor.tableName)) in "
        + "\(escaped(donor.path))")
    losses.append("\(count) tokens have the donor's rows")
    if tensor.paths.count > 1 {
      facts.append(
        "the table is shared, and so its rows are by \(tensor.paths.joined(separator: " and "))")
    }
    try setScale()
  }

  /// A donor that divides rows by their lengths is followed in a model that does not.
  private func normalize(_ projection: inout RowProjection) throws(SurgeryError) {
    guard donor.normalizesRows, !site.place.wrapper.tokenEmbedding.normalizesRows else { return }
    guard site.tieScale == nil else {
      throw site.fault(
        .option(
          "l2norm_embed",
          reason:
            "the donor reads its rows divided by their lengths and its head reads them whole, which one "
            + "tied table cannot do; --untie gives the head rows of its own"))
    }
    guard projection.map == nil else {
      throw site.fault(
        .option(
          "l2norm_embed",
          reason:
            "the donor reads its rows divided by their lengths, which --project does not follow"))
    }
    // Copied without a sum, so that a row of length 1 stays as it is to rounding.
    var map = RowMap(keepingColumnsOf: site.width, as: site.width)
    map.length = .init(intercept: 0, slope: 0)
    projection.map = map
    projection.name = "normalised"
    projection.facts.append(
      "rows are divided by their lengths, as the donor does when it reads them (l2norm_embed)")
  }

  /// Tied logits of the donor's rows keep the donor's scale.
  private mutating func setScale() throws(SurgeryError) {
    guard let scale = site.tieScale, case .tied(let wanted) = donor.head, scale != wanted else {
      return
    }
    // In the dialects that have a scale, and where no row of the model's own stays.
    let isWhole = (operation.tokens?.pairs.count ?? site.tokenCount) == site.tokenCount
    guard isWhole, model.configuration.dialect.scalesTiedLogits else {
      throw site.fault(.scalesDiffer(recipient: scale, donor: wanted))
    }
    try model.set("tie_embedding_scale", of: site.place, to: .double(wanted))
    facts.append(
      "tie_embedding_scale becomes \(wanted), by which the donor's tied logits are multiplied; it was \(scale)"
    )
  }

  // MARK: - Heads

  /// Rows of the donor's heads take the place of the heads', where both have them.
  mutating func replaceHeads() throws(SurgeryError) {
    let heads = site.tensors.filter { !$0.isTable && $0.headNumber != nil }
    let own = site.tensors.filter { !$0.isTable && $0.biasNumber != nil }
    if heads.isEmpty {
      if site.tieScale != nil, case .separate = donor.head {
        facts.append("the head stays tied, so the donor's head is not used; --untie takes it")
      }
      return
    }
    guard let given = donorHeads(count: heads.count) else { return }
    for head in heads {
      guard let number = head.headNumber, given.indices.contains(number) else { continue }
      let (weight, bias) = given[number]
      if try !replaceHead(head, with: weight) { continue }
      guard let tensor = own.first(where: { $0.biasNumber == number }) else {
        if bias != nil { losses.append("the donor's head has a bias, and \(head.title) none") }
        continue
      }
      if let bias {
        model.replace(
          tensor, with: try rows(of: bias, RowProjection(), into: tensor.parameter.tensor, "bias"))
      } else {
        facts.append("\(tensor.title) stays: the donor's head has no bias")
      }
    }
  }

  /// The donor's heads, made of its table where they are tied; nil, and a fact, where they do not fit.
  private mutating func donorHeads(
    count: Int
  ) -> [(weight: LazyTensor, bias: LazyTensor?)]? {
    switch donor.head {
    // Of its own in any case: a head and a table with the same bytes would come out tied.
    case .separate(let heads) where heads.count == count:
      return heads.map { ($0.weight.detached, $0.bias) }
    case .separate(let heads):
      facts.append("the heads stay: the donor has \(heads.count) and the model \(count)")
    case .tied(let scale) where count == 1:
      if scale == 1 { return [(donor.table.detached, nil)] }
      return LazyTensor.combination(
        [.init(scale, donor.table)], as: donor.table.dtype,
        formula: "\(scale) · \(donor.tableName)"
      ).map { [($0, nil)] }
    case .tied: facts.append("the heads stay: the donor's only head is tied")
    case .unknown: facts.append("the head stays: the donor has none that is known")
    }
    return nil
  }

  private mutating func replaceHead(
    _ head: VocabularyTensor, with weight: LazyTensor
  ) throws(SurgeryError) -> Bool {
    let old = head.parameter.tensor
    var projection = RowProjection()
    if operation.method == nil || operation.method == .embeddingDimension {
      guard weight.shape[1] == old.shape[1] else {
        facts.append(
          "\(head.title) stays: its rows have \(old.shape[1]) numbers and the donor's \(weight.shape[1])"
        )
        return false
      }
    } else {
      projection = try projector.projection(from: weight, to: old, title: head.title)
    }
    model.replace(
      head, with: try rows(of: weight, projection, into: old, "\(donor.tableName)'s head"))
    facts.append("\(head.title): rows of the donor's head")
    note(projection)
    return true
  }

  // MARK: - Deep embeddings

  /// Rows of `ff_deep_embed`, where both have it in one shape.
  mutating func replaceDeepEmbedding() throws(SurgeryError) {
    guard let tensor = site.tensors.first(where: { $0.roles == [.deepEmbedding] }) else {
      if donor.deepEmbedding != nil {
        facts.append("the donor's ff_deep_embed is left out: the model has none")
      }
      return
    }
    let shape = tensor.parameter.shape
    guard let given = donor.deepEmbedding, given.shape.dropFirst() == shape.dropFirst() else {
      facts.append("\(tensor.title) stays: the donor has none of its shape")
      return
    }
    let rows = try rows(
      of: given, RowProjection(), into: tensor.parameter.tensor, "ff_deep_embed")
    model.replace(tensor, with: rows)
    facts.append("\(tensor.title): rows of the donor's")
  }
}

extension VocabularyTensor {
  /// Which head it is the weight of.
  var headNumber: Int? {
    for case .head(let number) in roles { return number }
    return nil
  }

  /// Which head it is the bias of.
  var biasNumber: Int? {
    for case .headBias(let number) in roles { return number }
    return nil
  }
}
