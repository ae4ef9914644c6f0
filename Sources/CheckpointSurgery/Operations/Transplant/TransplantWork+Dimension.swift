internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

// `--project emb-dim`: the donor's table is taken as it is, `emb_dim` becomes its width, and `project_emb` leads
// from there to the model's. What else has that width is expressed anew.

extension TransplantWork {
  /// Puts the donor's table, whole, in the place of the model's.
  mutating func replaceTableWhole() throws(SurgeryError) {
    guard let tensor = site.tensors.first(where: \.isTable) else { throw site.fault(.noTable) }
    try requireThatWidthMayChange()
    let new = try entrance()
    let rows = try rows(
      of: donor.table, RowProjection(), into: blank(like: donor.table), donor.tableName)
    model.replace(tensor, with: rows)
    try model.setProjection(
      new.matrix, plus: new.bias, of: site.place, as: site.table.tensor.dtype)
    try reexpressPositions(new)
    facts.append(
      "\(tensor.title): the donor's table whole, \(site.tokenCount) rows of \(donor.width) numbers; emb_dim was "
        + "\(site.width)")
    losses.append("\(site.tokenCount) tokens have the donor's rows behind a new project_emb")
  }

  /// A tensor in the recipient's dtype with the donor's shape: what no row is left of.
  private func blank(like table: LazyTensor) throws(SurgeryError) -> LazyTensor {
    guard let tensor = table.cast(to: site.table.tensor.dtype) else {
      throw site.fault(
        .notATable(donor.tableName, dtype: table.dtype.name, shape: table.shape))
    }
    return tensor
  }

  private func requireThatWidthMayChange() throws(SurgeryError) {
    if site.tieScale != nil {
      throw site.fault(
        .option(
          "tie_embedding",
          reason: "a tied head needs a table as wide as the model; --untie gives it rows of its own"
        ))
    }
    if let table = site.tensors.first(where: \.isTable), table.roles.count > 1 {
      throw site.fault(
        .option(
          "to_logits",
          reason: "the head has the table's rows; 'ligature untie' gives it rows of its own first"))
    }
    if let (option, reason) = model.widthObstacle(of: site.place, in: graph) {
      throw site.fault(
        .option(option, reason: "\(reason), so --project emb-dim cannot change the width"))
    }
    let count = Set(operation.tokens?.pairs.map(\.recipient) ?? []).count
    guard operation.tokens == nil || count == site.tokenCount else {
      throw site.fault(
        .usage(
          "--project emb-dim takes the donor's table whole, and \(site.tokenCount - count) of "
            + "\(site.tokenCount) rows would stay as narrow as they are; map every token"))
    }
  }

  private var graph: ModelGraph { site.graph }
  private var modelWidth: Int { site.place.wrapper.layers.dimension }

  // MARK: - The projection

  /// From the donor's width to the model's.
  private mutating func entrance() throws(SurgeryError) -> Projection {
    let (from, to) = (donor.width, modelWidth)
    if from == to { return Projection(matrix: Matrix(identity: to, columnCount: to)) }
    if let anchors = operation.anchors {
      return try learnedEntrance(anchors)
    }
    if let given = donor.projection, given.weight.shape == [to, from] {
      facts.append("project_emb is the donor's own")
      return Projection(
        matrix: try numbers(given.weight).transposed,
        bias: try given.bias.map { bias throws(SurgeryError) in
          try numbers(bias.reshaped(to: [1, to])).values
        })
    }
    facts.append(
      "project_emb begins as the identity of the first \(min(from, to)) coordinates; --anchors MAP learns it"
    )
    return Projection(matrix: Matrix(identity: from, columnCount: to))
  }

  private mutating func learnedEntrance(
    _ anchors: TokenPairs
  ) throws(SurgeryError) -> Projection {
    let projector = RowProjector(
      method: .ridge, anchors: anchors, matchesNorms: false, model: site.path, donor: donor.path)
    let target: LazyTensor
    if site.place.wrapper.projectEmbedding != nil {
      try open()
      let own = try model.projection(of: site.place)
      target =
        site.table.tensor.mappingRows(
          by: RowMap(own.matrix, plus: own.bias), as: .f64, formula: "project_emb")
        ?? site.table.tensor
    } else {
      target = site.table.tensor
    }
    let learned = try projector.projection(from: donor.table, to: target, title: "project_emb")
    facts += learned.facts
    if let loss = learned.loss { losses.append(loss) }
    guard let map = learned.map else {
      return Projection(matrix: Matrix(identity: donor.width, columnCount: modelWidth))
    }
    return Projection(matrix: map.matrix, bias: map.offset)
  }

  // MARK: - Positions and further embeddings

  /// Gives positions and further embeddings the rows that the new projection makes the old ones of.
  private mutating func reexpressPositions(
    _ new: Projection
  ) throws(SurgeryError) {
    if model.positionTables(of: site.place, newWidth: donor.width).isEmpty { return }
    try open()
    let inverse: (matrix: Matrix, rank: Int)
    do { inverse = try new.matrix.pseudoinverse() } catch { throw site.fault(.arithmetic(error)) }
    let own = try model.projection(of: site.place).matrix
    let back = LinearAlgebra.product(own, inverse.matrix)
    let names = try model.reexpressPositions(of: site.place, by: back).joined(separator: " and ")
    if inverse.rank == modelWidth {
      facts.append("\(names): expressed anew, so that the layers see the same to rounding")
    } else {
      let loss =
        "\(names): project_emb reaches \(inverse.rank) of \(modelWidth) directions, and the rest of them is lost"
      facts.append(loss)
      losses.append(loss)
    }
  }

  private func open() throws(SurgeryError) {
    do { try LinearAlgebra.open() } catch { throw site.fault(.arithmetic(error)) }
  }

  /// A small tensor of two dimensions in memory.
  private func numbers(_ tensor: LazyTensor?) throws(SurgeryError) -> Matrix {
    guard let tensor, tensor.shape.count == 2 else { return Matrix(rowCount: 0, columnCount: 0) }
    do {
      return Matrix(
        rowCount: tensor.shape[0], columnCount: tensor.shape[1],
        try tensor.doubles(0..<tensor.elementCount))
    } catch { throw .format(FormatError(error, file: site.path)) }
  }
}

/// `x · matrix + bias`, from the width of a table to the model's.
private struct Projection {
  var matrix: Matrix
  var bias: [Double]?
}
