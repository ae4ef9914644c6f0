public import Checkpoints
internal import TensorStorage

extension TransplantDonor {
  /// The donor that any checkpoint is: its table is found by its name.
  ///
  /// - Parameters:
  ///   - checkpoint: The tensors.
  ///   - path: Where they were read from. A `config.json` in that directory says whether the head is tied.
  ///   - tensor: The table's name; nil to look for one of the names that libraries give it.
  /// - Throws: `transplant` where no tensor, or more than one, may be the table.
  public init(
    _ checkpoint: Checkpoint, path: String, tensor: String? = nil
  ) throws(SurgeryError) {
    let checkpoint = checkpoint.resolvingNotes()
    if let tensor {
      let name = TensorName(tensor)
      guard let table = checkpoint[name] else {
        let nearest = NearestName.of(tensor, among: checkpoint.entries.map(\.name.text))
        throw .transplant(.noTableAt(tensor, nearest: nearest), model: path)
      }
      try self.init(path: path, tableName: tensor, table: table)
      return
    }
    let name = try ForeignTable.name(in: checkpoint, path: path)
    guard let table = checkpoint[name] else { throw .transplant(.donorTable([]), model: path) }
    let configuration = ForeignConfiguration(besides: path)
    try self.init(
      path: path, tableName: name.text, table: table,
      head: ForeignTable.head(in: checkpoint, of: table, configuration))
    remarks += configuration?.remarks ?? []
  }
}

/// The names that token embeddings and heads have in the libraries in use.
private enum ForeignTable {
  /// Last components of a table's path; of two that a checkpoint has, the earlier one is meant.
  private static let tables = [
    "embed_tokens.weight", "wte.weight", "word_embeddings.weight", "tok_embeddings.weight",
    "embed_in.weight", "word_embedding.weight", "token_emb.emb.weight", "token_emb.weight",
    "token_embedding.weight", "shared.weight", "embedding.weight", "embeddings.weight",
  ]
  private static let heads = [
    "lm_head.weight", "embed_out.weight", "output_projection.weight", "output.weight",
    "generator.weight", "predictions.decoder.weight", "to_logits.weight",
  ]
  private static let biases = [
    "lm_head.bias", "final_logits_bias", "generator.bias", "predictions.bias", "to_logits.bias",
  ]

  static func name(in checkpoint: Checkpoint, path: String) throws(SurgeryError) -> TensorName {
    if checkpoint.entries.count == 1 { return checkpoint.entries[0].name }
    for ending in tables {
      let found = distinct(checkpoint, ending)
      if found.count == 1 { return found[0].name }
      if found.count > 1 {
        // T5, BART and Marian keep the shared table beside its aliases, or instead of them.
        let shared = distinct(checkpoint, "shared.weight")
        if shared.count == 1 { return shared[0].name }
        throw .transplant(.donorTable(found.map(\.name.text)), model: path)
      }
    }
    throw .transplant(.donorTable([]), model: path)
  }

  static func head(
    in checkpoint: Checkpoint, of table: LazyTensor, _ configuration: ForeignConfiguration?
  ) -> TransplantDonor.Head {
    let weight = heads.lazy.flatMap { distinct(checkpoint, $0) }.first {
      $0.tensor.shape.count == 2 && $0.tensor.shape[0] == table.shape[0]
    }
    guard let weight, !weight.tensor.isSameView(as: table) else {
      return weight != nil || configuration?.tiesHead == true ? .tied(scale: 1) : .unknown
    }
    let bias = biases.lazy.flatMap { distinct(checkpoint, $0) }.first {
      $0.tensor.elementCount == table.shape[0]
    }
    return .separate([(weight.tensor, bias?.tensor.reshaped(to: [table.shape[0]]))])
  }

  /// The tensors of two dimensions whose names end so, names of the same tensor once.
  private static func distinct(_ checkpoint: Checkpoint, _ ending: String) -> [Checkpoint.Entry] {
    var found: [Checkpoint.Entry] = []
    for entry in checkpoint.entries
    where entry.name.text == ending || entry.name.text.hasSuffix("." + ending) {
      if !found.contains(where: { $0.tensor.isSameView(as: entry.tensor) }) { found.append(entry) }
    }
    return found
  }
}

/// What the `config.json` of a Hugging Face directory says of the embeddings.
struct ForeignConfiguration {
  /// Whether the head is the table.
  let tiesHead: Bool
  /// What a user should know, each a sentence.
  let remarks: [String]

  /// Larger files are something else.
  private static let largestByteCount = 4 << 20

  /// The configuration in the directory at `path`, or in that of the file at `path`.
  init?(besides path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let places = ["\(path)/config.json", "\(folder)config.json"]
    let file = places.lazy.compactMap { try? RandomAccessFile(path: $0) }.first
    guard let file, file.byteCount <= Self.largestByteCount,
      let bytes = try? file.bytes(at: 0, count: file.byteCount),
      let value = try? JSONText(bytes).value
    else { return nil }
    let isGenerator =
      value["architectures"]?.elements?.contains { element in
        ["CausalLM", "LMHead", "ConditionalGeneration", "MaskedLM"].contains {
          element.string?.contains($0) ?? false
        }
      } ?? false
    // Transformers before version 5 tied by default and left the default out of the file.
    tiesHead = isGenerator && value["tie_word_embeddings"]?.bool ?? true
    var remarks: [String] = []
    if value["scale_embedding"]?.bool == true
      || value["model_type"]?.string?.hasPrefix("gemma") == true
    {
      remarks.append(
        "the donor multiplies its rows by the root of their width when it reads them; they are taken as stored"
      )
    }
    self.remarks = remarks
  }
}
