internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

// What goes along when a token embedding becomes wider or narrower than it was: `emb_dim`, `project_emb`, and the
// tables that are added to its rows.

extension SurgeryModel {
  /// The option that keeps the wrapper's table as wide as it is, and why; nil if its width may change.
  ///
  /// A tied head is one too; the operations have ways of their own out of it.
  func widthObstacle(
    of place: WrapperPlace, in graph: ModelGraph
  ) -> (option: String, reason: String)? {
    let wrapper = place.wrapper
    if wrapper.postEmbeddingNorm != nil {
      return ("post_emb_norm", "its gains are for \(wrapper.embeddingDimension) features")
    }
    if wrapper.tokenEmbedding.normalizesRows {
      return ("l2norm_embed", "rows and positions are divided by their lengths")
    }
    if case .scaledSinusoidal? = wrapper.positionalEmbedding {
      return ("scaled_sinu_pos_emb", "the frequencies of its positions depend on the width")
    }
    if entry(at: place.keyPrefix + "to_next_embed_pred.0.weight") != nil {
      return (
        "add_continuous_pred_head", "it predicts rows of \(wrapper.embeddingDimension) numbers"
      )
    }
    if !place.argumentPrefix.isEmpty {
      return ("XTransformer", "it has no argument for emb_dim")
    }
    if entry(at: "null_embed") != nil {
      return ("self_cond", "its null_embed has \(wrapper.embeddingDimension) numbers")
    }
    if graph.wrappersSharingTable(of: place).count > 1 {
      return ("token_emb", "another wrapper shares the table")
    }
    return nil
  }

  /// Writes `project_emb`, or takes it away where it would be the identity.
  ///
  /// - Parameters:
  ///   - matrix: From a row of the table to the model's width.
  ///   - bias: What is added; nil for nothing.
  ///   - place: The wrapper.
  ///   - dtype: Of its parameters.
  /// - Throws: Where the dtype holds no fractions.
  mutating func setProjection(
    _ matrix: Matrix, plus bias: [Double]?, of place: WrapperPlace, as dtype: DType
  ) throws(SurgeryError) {
    let prefix = place.keyPrefix + "project_emb."
    if matrix.rowCount == matrix.columnCount {
      remove([prefix + "weight", prefix + "bias"])
    } else {
      let bias = bias ?? [Double](repeating: 0, count: matrix.columnCount)
      let shape = [matrix.columnCount, matrix.rowCount]
      try put(matrix.transposed.values, shape, dtype, at: prefix + "weight", of: place)
      try put(bias, [bias.count], dtype, at: prefix + "bias", of: place)
    }
    try set(
      "emb_dim", of: place,
      to: matrix.rowCount == matrix.columnCount ? nil : .int(matrix.rowCount))
  }

  private mutating func put(
    _ values: [Double], _ shape: [Int], _ dtype: DType, at path: String, of place: WrapperPlace
  ) throws(SurgeryError) {
    guard let tensor = LazyTensor(float64: values, shape: shape, as: dtype, formula: "project_emb")
    else { throw .tie(.unscalable(dtype), model: paths.checkpoint) }
    if entry(at: path) != nil {
      replace(path, with: tensor)
    } else {
      try add(tensor, at: path, like: place.embeddingPath)
    }
  }

  /// Gives positions and further embeddings, which are added to the table's rows, rows of the new width.
  ///
  /// - Parameters:
  ///   - place: The wrapper.
  ///   - map: From rows of the old width to those of the new.
  /// - Returns: The paths of the tables.
  /// - Throws: Where a table has no numbers.
  mutating func reexpressPositions(
    of place: WrapperPlace, by map: Matrix
  ) throws(SurgeryError) -> [String] {
    let tables = positionTables(of: place, newWidth: map.columnCount)
    for (table, path, factor) in tables {
      guard
        let rows = table.tensor.mappingRows(
          by: RowMap(map.scaled(by: factor)), as: table.tensor.dtype,
          formula: "\(path) behind project_emb")
      else { throw .tie(.unscalable(table.tensor.dtype), model: paths.checkpoint) }
      replace(path, with: rows)
    }
    return tables.map(\.path)
  }

  /// The tables that are added to the rows of the token embedding, and what the change of width multiplies
  /// them by.
  func positionTables(
    of place: WrapperPlace, newWidth: Int
  ) -> [(table: Parameter, path: String, factor: Double)] {
    var tables: [(table: Parameter, path: String, factor: Double)] = []
    if case .absolute(let table, let scale, _)? = place.wrapper.positionalEmbedding {
      // emb_dim^-0.5, but in the one release that left it out.
      let newScale =
        configuration.dialect.scalesAbsolutePositions ? 1 / Double(newWidth).squareRoot() : 1
      tables.append((table, place.keyPrefix + "pos_emb.emb.weight", scale / newScale))
    }
    for embedding in place.wrapper.namedEmbeddings {
      let path = "\(place.keyPrefix)embeds.\(embedding.name)_embed.weight"
      tables.append((embedding.weight, path, 1))
    }
    return tables
  }

  /// The matrix and bias of a wrapper's `project_emb`, from a row to the model's width; the identity where there
  /// is none.
  func projection(of place: WrapperPlace) throws(SurgeryError) -> (matrix: Matrix, bias: [Double]?)
  {
    guard let linear = place.wrapper.projectEmbedding else {
      return (
        Matrix(
          identity: place.wrapper.embeddingDimension, columnCount: place.wrapper.layers.dimension),
        nil
      )
    }
    let weight = linear.weight.tensor
    return try reading { () throws(FileError) in
      let matrix = Matrix(
        rowCount: weight.shape[0], columnCount: weight.shape[1],
        try weight.doubles(0..<weight.elementCount))
      let bias = try linear.bias.map { bias throws(FileError) in
        try bias.tensor.doubles(0..<bias.tensor.elementCount)
      }
      return (matrix.transposed, bias)
    }
  }
}
