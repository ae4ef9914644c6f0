internal import Checkpoints
public import TensorStorage
internal import TransformerGraph

/// Where rows are taken from: a table of token embeddings, and what else of its model has a row for each token.
public struct TransplantDonor: Sendable {
  /// The file or directory, for messages.
  public let path: String
  /// The table's name.
  public let tableName: String
  /// The table, `[tokens, width]`.
  public let table: LazyTensor
  /// What turns its features into logits.
  let head: Head
  /// `ff_deep_embed`, `[tokens, depth, dim]`.
  let deepEmbedding: LazyTensor?
  /// Whether its rows are divided by their length when they are read.
  let normalizesRows: Bool
  /// From the table's width to the model's, where the two differ.
  let projection: (weight: LazyTensor, bias: LazyTensor?)?
  /// What a user should know of it, each a sentence.
  var remarks: [String] = []

  /// A donor's head.
  enum Head: Sendable {
    /// It has none, or none that is known.
    case unknown
    /// `(h · Eᵀ) · scale`.
    case tied(scale: Double)
    /// Heads of their own, `[tokens, dim]`, with biases `[tokens]`.
    case separate([(weight: LazyTensor, bias: LazyTensor?)])
  }

  /// Rows of the table.
  public var tokenCount: Int { table.shape[0] }
  /// Columns of the table.
  public var width: Int { table.shape[1] }

  init(
    path: String, tableName: String, table: LazyTensor, head: Head = .unknown,
    deepEmbedding: LazyTensor? = nil, normalizesRows: Bool = false,
    projection: (weight: LazyTensor, bias: LazyTensor?)? = nil
  ) throws(SurgeryError) {
    guard table.shape.count == 2, table.elementCount > 0, table.cast(to: .f64) != nil else {
      throw .transplant(
        .notATable(tableName, dtype: table.dtype.name, shape: table.shape), model: path)
    }
    self.path = path
    self.tableName = tableName
    self.table = table
    self.head = head
    self.deepEmbedding = deepEmbedding
    self.normalizesRows = normalizesRows
    self.projection = projection
  }
}

extension TransplantDonor {
  /// The donor that a model of x-transformers is.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - place: Which of its wrappers, as `encoder` or `decoder.net`, where there are several.
  /// - Throws: What binding its graph throws; `transplant` where it has no table, or several.
  public init(_ model: SurgeryModel, at place: String? = nil) throws(SurgeryError) {
    let graph = try model.graph()
    let place = try graph.wrapper(at: place, of: model)
    let wrapper = place.wrapper
    let tensors = graph.vocabularyTensors(of: place)
    let head: Head
    switch wrapper.head {
    case .tied(let scale):
      try model.requireDecided("tie_embedding")
      head = .tied(scale: scale)
    case .embeddings: head = .unknown
    case .linear(let heads) where heads.allSatisfy { $0.outputCount == wrapper.tokenCount }:
      head = .separate(heads.map { ($0.weight.tensor, $0.bias?.tensor) })
    // Its rows say nothing without the layer before them.
    case .linear, .factored: head = .unknown
    }
    try self.init(
      path: model.paths.checkpoint,
      tableName: tensors.first?.title ?? "",
      table: wrapper.tokenEmbedding.weight.tensor, head: head,
      deepEmbedding: tensors.first { $0.roles == [.deepEmbedding] }?.parameter.tensor,
      normalizesRows: wrapper.tokenEmbedding.normalizesRows,
      projection: wrapper.projectEmbedding.map { ($0.weight.tensor, $0.bias?.tensor) })
    if wrapper.postEmbeddingNorm != nil {
      remarks.append(
        "the donor normalises its embeddings before its layers (post_emb_norm); rows do not say how"
      )
    }
  }
}

extension ModelGraph {
  /// The wrapper at `name`, or the only one.
  ///
  /// Wrappers that share one table are one choice as far as the table goes; the last of them, which has the
  /// head, stands for them.
  func wrapper(at name: String?, of model: SurgeryModel) throws(SurgeryError) -> WrapperPlace {
    let path = model.paths.checkpoint
    let names = wrappers.map { String($0.keyPrefix.dropLast()) }
    if let name {
      if let position = names.firstIndex(of: name) { return wrappers[position] }
      // `decoder` is enough for `decoder.net`, and a model's name for its wrapper.
      let below = names.indices.filter { names[$0].hasPrefix(name + ".") }
      if below.count == 1 { return wrappers[below[0]] }
      throw .transplant(
        .noTableAt(name, nearest: NearestName.of(name, among: names) ?? names.first), model: path)
    }
    guard let last = wrappers.last else { throw .transplant(.noTable, model: path) }
    guard wrappersSharingTable(of: last).count == wrappers.count else {
      throw .transplant(.severalTables(names), model: path)
    }
    return last
  }
}
