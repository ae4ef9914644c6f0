internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

// `--policy joint`: tables of any widths become one, and each model gets a `project_emb` that makes its own rows of it.

extension TieModels {
  /// The plan in which each model's rows are those of one table behind a projection.
  func jointPlan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    guard tensor == nil else {
      throw .parameter(
        verb: Self.verb,
        reason: "--policy joint is for token embeddings, and --tensor names another")
    }
    var after = models
    var facts: [String] = []
    var places: [WrapperPlace] = []
    for position in after.indices { places.append(try prepare(&after[position], &facts)) }
    let joint = try factorised(places, models)
    var promises: [Promise] = []
    for (position, place) in places.enumerated() {
      let losses = try replaceTable(
        of: place, in: &after[position], by: joint, joint.factors[position],
        loss: joint.losses[position], &facts)
      promises.append(losses.isEmpty ? rounding(place) : Promise(.lossy(losses)))
    }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(verb: Self.verb, promises: promises, facts: facts))
  }

  /// What exact factors of float32 keep; shorter numbers round what they make.
  private func rounding(_ place: WrapperPlace) -> Promise {
    let dtype = place.wrapper.tokenEmbedding.weight.tensor.dtype
    return [.f32, .f64].contains(dtype)
      ? Promise(.rounding) : Promise(.lossy("table and project_emb are rounded to \(dtype.name)"))
  }

  /// Gives a head that is the table rows of its own, and refuses what keeps the table as wide as it is.
  private func prepare(
    _ model: inout SurgeryModel, _ facts: inout [String]
  ) throws(SurgeryError) -> WrapperPlace {
    try model.requireDecided("tie_embedding")
    let graph = try model.graph()
    let places = graph.wrappers
    guard let place = places.first else { throw .bundle(.noTable(model: model.name)) }
    guard places.count == 1 else {
      throw .bundle(.severalTables(model: model.name, names: places.map(\.embeddingPath)))
    }
    if let (option, reason) = model.widthObstacle(of: place, in: graph) {
      throw .bundle(.fixedWidth(model: model.name, option: option, reason: reason))
    }
    guard place.wrapper.tokenEmbedding.weight.tensor.cast(to: .f64) != nil else {
      throw .tie(.unscalable(place.wrapper.tokenEmbedding.weight.tensor.dtype), model: model.name)
    }
    for tie in TiedTensor.all(in: graph) {
      switch tie {
      case .head(let place, let scale):
        _ = try Untie().addHead(&model, place, scale: scale)
        facts.append(
          "\(escaped(model.name)): the head was tied to the table and gets rows of its own: a tied head needs a "
            + "table as wide as the model")
      case .aliasedHead(_, let path): model.detach(path)
      case .table: break
      }
    }
    return place
  }

  /// The table of all models.
  private func factorised(
    _ places: [WrapperPlace], _ models: [SurgeryModel]
  ) throws(SurgeryError) -> JointTable {
    let tables = places.map(\.wrapper.tokenEmbedding.weight.tensor)
    for (model, table) in zip(models, tables) where table.shape[0] != tables[0].shape[0] {
      throw .bundle(
        .vocabularies(models[0].name, tables[0].shape, model.name, table.shape))
    }
    let sum = tables.reduce(0) { $0 + $1.shape[1] }
    let dimensions = places.map(\.wrapper.layers.dimension)
    guard rank.map({ (1...sum).contains($0) }) ?? true else {
      throw .parameter(
        verb: Self.verb,
        reason:
          "--rank \(rank ?? 0): the tables have \(sum) columns together, so ranks go from 1 to \(sum)"
      )
    }
    if let rank, let model = dimensions.firstIndex(of: rank) {
      throw .parameter(
        verb: Self.verb,
        reason:
          "--rank \(rank) is the width of \(escaped(models[model].name)), and x-transformers has no "
          + "project_emb where emb_dim is dim; give another")
    }
    // Without a rank all is kept, and a column of zeros is added where the sum is a model's width.
    let width = rank ?? (sum...).first { !dimensions.contains($0) } ?? sum
    let dtype = tables.map(\.dtype).max { $0.bitCount < $1.bitCount } ?? .f32
    do { return try JointTable(tables, rank: rank ?? sum, width: width, as: dtype) } catch {
      switch error {
      case .file(let fault): throw .format(FormatError(fault, file: models[0].paths.checkpoint))
      case .arithmetic(let fault): throw .bundle(.arithmetic(fault))
      case .tooFew: throw .tie(.unscalable(tables[0].dtype), model: models[0].name)
      }
    }
  }

  /// Puts the shared table and a projection in the place of a model's; what is lost, or nothing.
  private func replaceTable(
    of place: WrapperPlace, in model: inout SurgeryModel, by joint: JointTable, _ factor: Matrix,
    loss: Double, _ facts: inout [String]
  ) throws(SurgeryError) -> String {
    let own = place.wrapper.tokenEmbedding.weight.tensor
    let (matrix, bias) = try model.projection(of: place)
    model.replaceEverywhere(own, with: joint.table)
    // A call that makes the table says its width.
    try model.set("token_emb", of: place, to: nil)
    try model.setProjection(
      LinearAlgebra.product(factor, matrix), plus: bias, of: place, as: own.dtype)
    let name = escaped(model.name)
    let shape = joint.table.shape
    // What is lost at full rank is rounding.
    let isWhole = rank == nil || loss < 1e-7
    facts.append(
      "\(name): emb_dim \(own.shape[1]) → \(shape[1]) behind a project_emb of its own; its rows move by "
        + (isWhole ? "no more than rounding" : percent(loss)))
    var losses = isWhole ? [] : ["\(name): the rows move by \(percent(loss))"]
    if model.positionTables(of: place, newWidth: shape[1]).isEmpty { return losses.joined() }
    let inverse: (matrix: Matrix, rank: Int)
    do { inverse = try factor.pseudoinverse() } catch { throw .bundle(.arithmetic(error)) }
    let tables = try model.reexpressPositions(of: place, by: inverse.matrix)
    if inverse.rank < own.shape[1] {
      losses.append(
        "\(name): \(tables.joined(separator: " and ")): the projection reaches \(inverse.rank) of "
          + "\(own.shape[1]) directions, and the rest of them is lost")
      facts.append(losses[losses.count - 1])
    }
    return losses.joined(separator: "; ")
  }
}
