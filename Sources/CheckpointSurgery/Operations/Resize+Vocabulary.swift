internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

extension Resize {
  /// Resizes what is indexed by the vocabulary of the wrapper at `place`, and of those that share it.
  func resizeVocabulary(
    _ model: inout SurgeryModel, _ graph: ModelGraph, of place: WrapperPlace,
    _ facts: inout [String]
  ) throws(SurgeryError) -> Promise {
    let count = place.wrapper.tokenCount
    let arrangement = try self.arrangement(of: count, in: model)
    let sharing = graph.wrappersSharingTable(of: place)
    var resized: [String] = []
    for wrapper in sharing {
      for tensor in graph.vocabularyTensors(of: wrapper) where !resized.contains(tensor.title) {
        let values = try self.values(of: tensor, arrangement, in: model)
        model.replace(tensor, with: values)
        resized.append(tensor.title)
      }
      try configure(&model, wrapper, from: count, arrangement, &facts)
    }
    facts.insert(fact(count, arrangement, resized, sharing), at: 0)
    let mixes = sharing.contains { model.mixesSoftmaxes($0) }
    let isPermutation = arrangement.rowsBefore.count == count && !arrangement.hasNewRows
    return Promise(
      mixes && !isPermutation
        ? .lossy(
          "mixture_of_softmax: each component's softmax is over the tokens there are, so their "
            + "number changes all log-probabilities") : .exact,
      tokensBefore: Dictionary(
        uniqueKeysWithValues: sharing.map { ($0.keyPrefix, arrangement.rowsBefore) }))
  }

  /// The rows afterwards, for a vocabulary of `count`.
  private func arrangement(
    of count: Int, in model: SurgeryModel
  ) throws(SurgeryError) -> RowArrangement {
    var rows: [Int?]
    switch selection {
    case .all: rows = Array(0..<count)
    case .permuted(let list):
      try list.checkPermutation(tokenCount: count)
      rows = list.ids
    case .kept(let list):
      try list.check(tokenCount: count)
      rows = list.ids
    }
    var wanted = tokenCount ?? rows.count
    if let multiple { wanted = (wanted + multiple - 1) / multiple * multiple }
    rows = Array(rows.prefix(wanted)) + Array(repeating: nil, count: max(0, wanted - rows.count))
    return try self.arrangement(rows, of: count, in: model)
  }

  /// Rows of a table of `count`, after the row that is to be copied is found to be one.
  func arrangement(
    _ rows: [Int?], of count: Int, in model: SurgeryModel
  ) throws(SurgeryError) -> RowArrangement {
    let arrangement = RowArrangement(rowsBefore: rows, newRows: newRows, seed: seed)
    if arrangement.hasNewRows, case .copy(let row) = newRows, row >= count {
      throw unsuitable(
        model, "--new-rows copy:\(row) is outside the table of \(count) rows (0 to \(count - 1))")
    }
    return arrangement
  }

  private func values(
    of tensor: VocabularyTensor, _ arrangement: RowArrangement, in model: SurgeryModel
  ) throws(SurgeryError) -> LazyTensor {
    var arrangement = arrangement
    if tensor.roles == [.deepEmbedding], !arrangement.copiesRows {
      // A factor: one is what it is made with, and what changes nothing.
      arrangement.constant = 1
    }
    return try rows(of: tensor.parameter.tensor, arrangement, named: tensor.title, in: model)
  }

  /// The table with its rows arranged.
  func rows(
    of table: LazyTensor, _ arrangement: RowArrangement, named name: String, in model: SurgeryModel
  ) throws(SurgeryError) -> LazyTensor {
    if arrangement.isIdentity(of: table.shape.first ?? 0) { return table }
    guard let rows = arrangement.table(table, name: name) else {
      throw unsuitable(
        model,
        "'\(escaped(name))' has the dtype \(table.dtype.name), in which no new row can be made; "
          + "--new-rows copy:ID can")
    }
    return rows
  }

  private func fact(
    _ count: Int, _ arrangement: RowArrangement, _ names: [String], _ sharing: [WrapperPlace]
  ) -> String {
    let newCount = arrangement.rowsBefore.count { $0 == nil }
    let sharers =
      sharing.count > 1
      ? " (one vocabulary of \(sharing.map(\.title).joined(separator: ", ")))" : ""
    return "num_tokens \(count) → \(arrangement.rowsBefore.count): \(names.joined(separator: ", "))"
      + sharers + (newCount > 0 ? "; \(newCount) new rows: \(newRows.title)" : "")
  }
}

// MARK: - Configuration

extension Resize {
  private func configure(
    _ model: inout SurgeryModel, _ place: WrapperPlace, from count: Int,
    _ arrangement: RowArrangement, _ facts: inout [String]
  ) throws(SurgeryError) {
    let size = ArgumentValue.int(arrangement.rowsBefore.count)
    let call = model.configuration.call(at: place.modulePath)
    try model.set("num_tokens", of: place, to: size)
    if call?[place.argumentPrefix + "logits_dim"] == .int(count) {
      try model.set("logits_dim", of: place, to: size)
    }
    if case .module(var own)? = call?["token_emb"] {
      own["num_tokens"] = size
      try model.set("token_emb", of: place, to: .module(own))
    }
    if case .module(let head)? = call?["to_logits"] {
      try model.set("to_logits", of: place, to: .module(head.resized(from: count, to: size)))
    }
    try renumber(&model, place, arrangement, &facts)
  }

  /// Gives the ids among the arguments of what stands around the wrapper their new numbers.
  private func renumber(
    _ model: inout SurgeryModel, _ place: WrapperPlace, _ arrangement: RowArrangement,
    _ facts: inout [String]
  ) throws(SurgeryError) {
    let outer = place.argumentPrefix.isEmpty ? Array(place.modulePath.dropLast()) : place.modulePath
    guard place.modulePath.last == "net" || place.argumentPrefix == "dec_",
      let call = model.configuration.call(at: outer)
    else { return }
    for (name, standard) in [("pad_value", 0), ("mask_id", nil), ("ignore_index", nil)] {
      let isGiven = call[name] != nil
      let isPadding = name != "pad_value" || call.className.takesPadding
      guard isPadding, let id = call[name]?.int ?? standard, id >= 0 else { continue }
      let found = arrangement.rowsBefore.firstIndex(of: id)
      if found == id || found == nil && !isGiven { continue }
      guard let found else {
        throw unsuitable(
          model,
          "\(name) is the token \(id), which does not stay; keep it, or name another with "
            + "--set \((outer + [name]).joined(separator: "."))=ID")
      }
      do { try model.configuration.set(.int(found), at: outer + [name]) } catch {
        throw .graph(error, model: model.paths.checkpoint)
      }
      facts.append("\(name) \(id) → \(found)")
    }
  }
}

extension String {
  /// Whether the class of that name has an argument `pad_value`.
  fileprivate var takesPadding: Bool {
    ["AutoregressiveWrapper", "XLAutoregressiveWrapper", "XTransformer"].contains(self)
  }
}

extension ArgumentValue {
  fileprivate var int: Int? { if case .int(let value) = self { value } else { nil } }
}

extension SurgeryModel {
  /// Whether the wrapper's logits are logarithms of a mixture of softmaxes.
  fileprivate func mixesSoftmaxes(_ place: WrapperPlace) -> Bool {
    configuration.call(at: place.modulePath)?[place.argumentPrefix + "mixture_of_softmax"]
      == .bool(true)
  }
}

extension ModuleConfiguration {
  /// The head, a `Linear` or a `Sequential` that ends in one, with another number of logits.
  fileprivate func resized(from count: Int, to size: ArgumentValue) -> ModuleConfiguration {
    var head = self
    if head["out_features"] == .int(count) { head["out_features"] = size }
    if case .module(let up)? = head["up"] {
      head["up"] = .module(up.resized(from: count, to: size))
    }
    return head
  }
}
