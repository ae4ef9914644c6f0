internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// A head that becomes the token embedding behind a linear layer: `W ≈ T · B`, logits `(h · Bᵀ) · Tᵀ`.
///
/// x-transformers is given it as `to_logits=Sequential(OrderedDict(down=Linear(…), up=Linear(…)))`, in which
/// `up.weight` is the table.
struct FactoredHead {
  private let tie: HeadTie
  private let name: String
  /// `T`; nil for the table as it is.
  private var table: LazyTensor?
  /// `A` with `E ≈ T · A`, where the table's width changes.
  private var entrance: Matrix?
  /// `B`, `[width of T, dim]`.
  private let down: Matrix
  /// How far table and head move, relative to their lengths.
  private let losses: (table: Double, head: Double)

  private var place: WrapperPlace { tie.place }
  private var width: Int { down.rowCount }

  /// The head that is the table, rotated and scaled.
  init(rotating tie: HeadTie, in model: SurgeryModel) throws(SurgeryError) {
    try Self.requireGivenHead(in: model)
    let (e, w) = Self.tables(of: tie)
    let rotation = try Self.fitted(model) { () throws(FitFault) in try TableRotation(e, to: w) }
    self.tie = tie
    name = model.paths.checkpoint
    down = rotation.matrix
    losses = (0, rotation.loss)
  }

  /// The table and the head that are products of one table, `rank` wide, the best of its width.
  init(factorising tie: HeadTie, rank: Int, in model: SurgeryModel) throws(SurgeryError) {
    try Self.requireGivenHead(in: model)
    let (e, w) = Self.tables(of: tie)
    let dimension = tie.place.wrapper.layers.dimension
    guard (1...(2 * dimension)).contains(rank) else {
      throw .parameter(
        verb: Tie.verb,
        reason:
          "--rank \(rank): table and head have \(2 * dimension) columns together, so ranks go from 1 to "
          + "\(2 * dimension)")
    }
    if rank != dimension,
      let (option, reason) = model.widthObstacle(of: tie.place, in: try model.graph())
    {
      throw .tie(.fixedWidth(option: option, reason: reason), model: model.paths.checkpoint)
    }
    let joint = try Self.fitted(model) { () throws(FitFault) in
      try JointTable([e, w], rank: rank, width: rank, as: rank == dimension ? .f64 : e.dtype)
    }
    self.tie = tie
    name = model.paths.checkpoint
    losses = (joint.losses[0], joint.losses[1])
    guard rank == dimension else {
      (table, entrance, down) = (joint.table, joint.factors[0], joint.factors[1])
      return
    }
    // As wide as the model there is no project_emb: T · A takes the table's place, and A⁻¹ · B the layer's.
    let inverse = try Self.fitted(model) { () throws(FitFault) in
      try Fit.solve { () throws(LinearAlgebraFault) in try joint.factors[0].pseudoinverse() }
    }
    guard inverse.rank == dimension else {
      throw .parameter(
        verb: Tie.verb,
        reason:
          "the table has \(inverse.rank) directions and the model \(dimension), so that it cannot be a head "
          + "without a project_emb; --rank \(inverse.rank) gives it one")
    }
    table = joint.table.mappingRows(
      by: RowMap(joint.factors[0]), as: e.dtype, formula: "\(rank) axes of table and head")
    down = LinearAlgebra.product(inverse.matrix, joint.factors[1])
  }

  private static func tables(of tie: HeadTie) -> (LazyTensor, LazyTensor) {
    (tie.place.wrapper.tokenEmbedding.weight.tensor, tie.head.weight.tensor)
  }

  private static func requireGivenHead(in model: SurgeryModel) throws(SurgeryError) {
    let dialect = model.configuration.dialect
    guard dialect.knows("to_logits", of: "TransformerWrapper") else {
      throw .tie(.noGivenHead(release: dialect.description), model: model.paths.checkpoint)
    }
  }

  private static func fitted<Result>(
    _ model: SurgeryModel, _ body: () throws(FitFault) -> Result
  ) throws(SurgeryError) -> Result {
    do { return try body() } catch {
      switch error {
      case .file(let fault): throw .format(FormatError(fault, file: model.paths.checkpoint))
      case .arithmetic(let fault): throw .tie(.arithmetic(fault), model: model.paths.checkpoint)
      case .tooFew: throw .tie(.nothingToTie, model: model.paths.checkpoint)
      }
    }
  }
}

extension FactoredHead {
  /// What is lost.
  var promise: Promise { Promise(.lossy(loss)) }

  private var loss: String {
    "\(place.embeddingPath) moves by \(percent(losses.table)), \(tie.path) by \(percent(losses.head))"
  }

  /// Puts table, layer and head into the model; what was done.
  func put(in model: inout SurgeryModel) throws(SurgeryError) -> [String] {
    let dtype = place.wrapper.tokenEmbedding.weight.tensor.dtype
    let path = place.keyPrefix + "to_logits."
    var facts = [loss]
    if let table {
      model.replaceEverywhere(place.wrapper.tokenEmbedding.weight.tensor, with: table)
    }
    if let entrance { facts += try widen(&model, entrance) }
    model.remove([tie.path, tie.biasPath])
    guard
      let layer = LazyTensor(
        float64: down.values, shape: [down.rowCount, down.columnCount], as: dtype,
        formula: "to_logits.down"),
      let rows = model.entry(at: place.embeddingPath)?.tensor
    else { throw .tie(.unscalable(dtype), model: name) }
    try model.add(layer, at: path + "down.weight", like: place.embeddingPath)
    try model.add(rows, at: path + "up.weight", like: place.embeddingPath)
    try configure(&model)
    facts.append(
      "\(path)up.weight is \(place.embeddingPath), behind \(path)down.weight of \(down.rowCount) × "
        + "\(down.columnCount)")
    return facts
  }

  /// Gives the model a table of another width.
  private func widen(
    _ model: inout SurgeryModel, _ entrance: Matrix
  ) throws(SurgeryError) -> [String] {
    try model.set("token_emb", of: place, to: nil)
    try model.setProjection(
      entrance, plus: nil, of: place, as: place.wrapper.tokenEmbedding.weight.tensor.dtype)
    var facts = ["emb_dim \(entrance.columnCount) → \(width), and a project_emb"]
    let inverse: (matrix: Matrix, rank: Int)
    do { inverse = try entrance.pseudoinverse() } catch {
      throw .tie(.arithmetic(error), model: name)
    }
    let tables = try model.reexpressPositions(of: place, by: inverse.matrix)
    if !tables.isEmpty, inverse.rank < entrance.columnCount {
      facts.append(
        "\(tables.joined(separator: " and ")): the projection reaches \(inverse.rank) of "
          + "\(entrance.columnCount) directions, and the rest of them is lost")
    }
    return facts
  }

  private func configure(_ model: inout SurgeryModel) throws(SurgeryError) {
    func linear(_ input: Int, _ output: Int) -> ArgumentValue {
      .module(
        ModuleConfiguration(
          "Linear",
          [
            .init("in_features", .int(input)), .init("out_features", .int(output)),
            .init("bias", .bool(false)),
          ]))
    }
    let head = ModuleConfiguration(
      "Sequential",
      [
        .init("down", linear(down.columnCount, width)),
        .init("up", linear(width, place.wrapper.tokenCount)),
      ])
    try model.set("to_logits", of: place, to: .module(head))
    for argument in ["tie_embedding", "tie_embedding_scale", "logits_dim"] {
      try model.set(argument, of: place, to: nil)
    }
  }
}
