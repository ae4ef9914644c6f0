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
    let old = Entrance(site)
    let new = try entrance(old)
    let rows = try rows(
      of: donor.table, RowProjection(), into: blank(like: donor.table), donor.tableName)
    model.replace(tensor, with: rows)
    try setProjection(new, dtype: site.table.tensor.dtype)
    try reexpressPositions(old, new)
    try model.set(
      "emb_dim", of: site.place,
      to: donor.width == old.modelWidth ? nil : .int(donor.width))
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
    func refuse(_ option: String, _ reason: String) -> SurgeryError {
      site.fault(.option(option, reason: "\(reason), so --project emb-dim cannot change the width"))
    }
    let wrapper = site.place.wrapper
    if site.tieScale != nil {
      throw site.fault(
        .option(
          "tie_embedding",
          reason: "a tied head needs a table as wide as the model; --untie gives it rows of its own"
        ))
    }
    if wrapper.postEmbeddingNorm != nil {
      throw refuse("post_emb_norm", "its gains are for \(site.width) features")
    }
    if wrapper.tokenEmbedding.normalizesRows {
      throw refuse("l2norm_embed", "rows and positions are divided by their lengths")
    }
    if case .scaledSinusoidal? = wrapper.positionalEmbedding {
      throw refuse("scaled_sinu_pos_emb", "the frequencies of its positions depend on the width")
    }
    if model.entry(at: site.place.keyPrefix + "to_next_embed_pred.0.weight") != nil {
      throw refuse("add_continuous_pred_head", "it predicts rows of \(site.width) numbers")
    }
    if !site.place.argumentPrefix.isEmpty {
      throw refuse("XTransformer", "it has no argument for emb_dim")
    }
    if model.entry(at: "null_embed") != nil {
      throw refuse("self_cond", "its null_embed has \(site.width) numbers")
    }
    if graph.wrappersSharingTable(of: site.place).count > 1 {
      throw refuse("token_emb", "another wrapper shares the table")
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

  // MARK: - The projection

  /// From the donor's width to the model's.
  private mutating func entrance(_ old: Entrance) throws(SurgeryError) -> Projection {
    let (from, to) = (donor.width, old.modelWidth)
    if from == to { return Projection(matrix: Matrix(identity: to, columnCount: to)) }
    if let anchors = operation.anchors {
      return try learnedEntrance(anchors, old)
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
    _ anchors: TokenPairs, _ old: Entrance
  ) throws(SurgeryError) -> Projection {
    let projector = RowProjector(
      method: .ridge, anchors: anchors, matchesNorms: false, model: site.path, donor: donor.path)
    let target: LazyTensor
    if let own = try old.projection(numbers) {
      try open()
      target =
        site.table.tensor.mappingRows(by: own.map, as: .f64, formula: "project_emb")
        ?? site.table.tensor
    } else {
      target = site.table.tensor
    }
    let learned = try projector.projection(from: donor.table, to: target, title: "project_emb")
    facts += learned.facts
    if let loss = learned.loss { losses.append(loss) }
    guard let map = learned.map else {
      return Projection(matrix: Matrix(identity: donor.width, columnCount: old.modelWidth))
    }
    return Projection(matrix: map.matrix, bias: map.offset)
  }

  /// Writes `project_emb`, or takes it away where it would be the identity.
  private mutating func setProjection(
    _ projection: Projection, dtype: DType
  ) throws(SurgeryError) {
    let prefix = site.place.keyPrefix + "project_emb."
    let matrix = projection.matrix
    if matrix.rowCount == matrix.columnCount {
      model.remove([prefix + "weight", prefix + "bias"])
      return
    }
    let bias = projection.bias ?? [Double](repeating: 0, count: matrix.columnCount)
    try put(
      matrix.transposed.values, [matrix.columnCount, matrix.rowCount], dtype, at: prefix + "weight")
    try put(bias, [bias.count], dtype, at: prefix + "bias")
  }

  private mutating func put(
    _ values: [Double], _ shape: [Int], _ dtype: DType, at path: String
  ) throws(SurgeryError) {
    guard let tensor = LazyTensor(float64: values, shape: shape, as: dtype, formula: "project_emb")
    else {
      throw site.fault(.notATable(path, dtype: dtype.name, shape: shape))
    }
    if model.entry(at: path) != nil {
      model.replace(path, with: tensor)
    } else {
      try model.add(tensor, at: path, like: site.place.embeddingPath)
    }
  }

  // MARK: - Positions and further embeddings

  /// Gives positions and further embeddings the rows that the new projection makes the old ones of.
  private mutating func reexpressPositions(
    _ old: Entrance, _ new: Projection
  ) throws(SurgeryError) {
    var tables: [(table: Parameter, path: String, factor: Double)] = []
    if case .absolute(let table, let scale, _)? = site.place.wrapper.positionalEmbedding {
      let wide = Double(donor.width)
      // emb_dim^-0.5, but in the one release that left it out.
      let newScale = model.configuration.dialect.scalesAbsolutePositions ? 1 / wide.squareRoot() : 1
      tables.append((table, site.place.keyPrefix + "pos_emb.emb.weight", scale / newScale))
    }
    for embedding in site.place.wrapper.namedEmbeddings {
      let path = "\(site.place.keyPrefix)embeds.\(embedding.name)_embed.weight"
      tables.append((embedding.weight, path, 1))
    }
    if tables.isEmpty { return }
    try open()
    let inverse: (matrix: Matrix, rank: Int)
    do { inverse = try new.matrix.pseudoinverse() } catch { throw site.fault(.arithmetic(error)) }
    let own = try old.projection(numbers)?.matrix
    let back = own.map { LinearAlgebra.product($0, inverse.matrix) } ?? inverse.matrix
    for (table, path, factor) in tables {
      let map = RowMap(back.scaled(by: factor))
      guard
        let rows = table.tensor.mappingRows(
          by: map, as: table.tensor.dtype, formula: "\(path) behind project_emb")
      else {
        throw site.fault(.notATable(path, dtype: table.tensor.dtype.name, shape: table.shape))
      }
      model.replace(path, with: rows)
    }
    let names = tables.map(\.path).joined(separator: " and ")
    if inverse.rank == old.modelWidth {
      facts.append("\(names): expressed anew, so that the layers see the same to rounding")
    } else {
      let loss =
        "\(names): project_emb reaches \(inverse.rank) of \(old.modelWidth) directions, and the rest of them is lost"
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

  var map: RowMap { RowMap(matrix, plus: bias) }
}

/// How a model's table leads to its layers.
private struct Entrance {
  let modelWidth: Int
  private let linear: Linear?

  init(_ site: TransplantSite) {
    modelWidth = site.place.wrapper.layers.dimension
    linear = site.place.wrapper.projectEmbedding
  }

  /// Its `project_emb`; nil for none.
  func projection(
    _ numbers: (LazyTensor?) throws(SurgeryError) -> Matrix
  ) throws(SurgeryError) -> Projection? {
    guard let linear else { return nil }
    let bias = linear.bias.flatMap { $0.tensor.reshaped(to: [1, $0.shape[0]]) }
    return Projection(
      matrix: try numbers(linear.weight.tensor).transposed,
      bias: bias == nil ? nil : try numbers(bias).values)
  }
}
