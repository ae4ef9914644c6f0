public import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// Gives tied tensors bytes of their own.
///
/// A tied head becomes `to_logits.weight = τ · E`. `τ` is what the release multiplies tied logits by: 1
/// before 2.30.5, then `tie_embedding_scale` or `dim^-0.5` (x-transformers 2.30.5,
/// `TransformerWrapper.__init__`). With `l2norm_embed` the head takes the raw rows, since tied logits do. A
/// token embedding that is another wrapper's (`tie_token_emb`, `"token_emb": "a.token_emb"`, two names over
/// one storage) becomes a table of its own.
public struct Untie: SurgeryOperation {
  /// The verb.
  public static let verb = "untie"
  /// Only the names that one of these matches, and any other tensor that shares bytes; empty for every tied
  /// head and table.
  public var names: [NamePattern]

  /// Unties every tied head and table of the model, or what `names` match.
  public init(names: [NamePattern] = []) { self.names = names }

  /// The plan for one model or more.
  public func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    var after = models
    var facts: [String] = []
    var promises: [Promise] = []
    for position in after.indices {
      promises.append(try untie(&after[position], &facts))
    }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(verb: Self.verb, promises: promises, facts: facts))
  }

  private func untie(
    _ model: inout SurgeryModel, _ facts: inout [String]
  ) throws(SurgeryError) -> Promise {
    if names.isEmpty { try model.requireDecided("tie_embedding") }
    let ties = TiedTensor.all(in: try model.graph()).filter { isMeant($0, of: model) }
    var promise = Promise(.exact)
    for tie in ties { promise = promise.followed(by: try separate(tie, in: &model, &facts)) }
    let others = names.isEmpty ? [] : model.checkpoint.detachNames(matching: names)
    facts += others.map { "'\(escaped($0.text))' gets bytes of its own" }
    guard ties.isEmpty, others.isEmpty else { return promise }
    throw .tie(nothingTied, model: model.paths.checkpoint)
  }

  private func isMeant(_ tie: TiedTensor, of model: SurgeryModel) -> Bool {
    names.isEmpty
      || tie.paths.contains { path in
        names.contains { $0.matches(model.tensorName(path)) }
      }
  }

  private var nothingTied: TieFault {
    names.isEmpty ? .nothingTied : .nothingShared(patterns: names.map(\.text))
  }

  private func separate(
    _ tie: TiedTensor, in model: inout SurgeryModel, _ facts: inout [String]
  ) throws(SurgeryError) -> Promise {
    switch tie {
    case .head(let place, let scale):
      let promise = try addHead(&model, place, scale: scale)
      facts.append(
        "\(place.keyPrefix)to_logits.weight = \(scale) · token_emb: "
          + "\(place.wrapper.tokenEmbedding.weight.elementCount) parameters more")
      return promise
    case .aliasedHead(let place, let path):
      model.detach(path)
      facts.append("\(path) shared the bytes of \(place.embeddingPath) and gets its own")
    case .table(let place, let owner, let isDeclared):
      facts.append(try separateTable(of: place, from: owner, isDeclared: isDeclared, in: &model))
    }
    return Promise(.exact)
  }

  func addHead(
    _ model: inout SurgeryModel, _ place: WrapperPlace, scale: Double
  ) throws(SurgeryError) -> Promise {
    let table = place.wrapper.tokenEmbedding.weight.tensor
    let key = place.keyPrefix + "to_logits.weight"
    let head =
      scale == 1
      ? table.detached
      : LazyTensor.combination(
        [.init(scale, table)], as: table.dtype, formula: "\(scale) · \(place.keyPrefix)token_emb")
    guard let head else {
      throw .tie(.unscalable(table.dtype), model: model.paths.checkpoint)
    }
    try model.add(head, at: key, like: place.embeddingPath)
    try model.set("tie_embedding", of: place, to: nil)
    try model.set("tie_embedding_scale", of: place, to: nil)
    return Promise.ofScaling(by: scale, as: table.dtype, what: key)
  }

  /// Makes the table its own; the fact that tells how it was tied.
  private func separateTable(
    of place: WrapperPlace, from owner: WrapperPlace, isDeclared: Bool,
    in model: inout SurgeryModel
  ) throws(SurgeryError) -> String {
    let (path, source) = (place.embeddingPath, owner.embeddingPath)
    let table = owner.wrapper.tokenEmbedding.weight.tensor
    var words = isDeclared ? ["declared"] : []
    if let own = model.entry(at: path) {
      if own.tensor.isSameView(as: table) {
        words.insert("aliased", at: 0)
        model.detach(path)
      } else {
        try requireEqual(own.tensor, table, (path, source), in: model)
        words.insert("equal", at: 0)
      }
    } else {
      try model.add(table.detached, at: path, like: source)
    }
    if isDeclared { try model.declareOwnTable(of: place) }
    return "\(path) is a table of its own (it was \(source): \(words.joined(separator: ", ")))"
  }

  /// Refuses tables that are declared to be one and are two.
  private func requireEqual(
    _ a: LazyTensor, _ b: LazyTensor, _ paths: (String, String), in model: SurgeryModel
  ) throws(SurgeryError) {
    let isEqual: Bool
    do { isEqual = try a.hasSameElements(as: b) } catch {
      throw .format(FormatError(error, file: model.paths.checkpoint))
    }
    guard !isEqual else { return }
    throw .tie(
      .declaredButDifferent(paths.0, paths.1), model: model.paths.checkpoint)
  }
}

extension Promise {
  /// What holds where weights were multiplied by `scale` and rounded to `dtype`.
  static func ofScaling(by scale: Double, as dtype: DType, what: String) -> Promise {
    if abs(scale).significand == 1 { return Promise(.exact) }
    switch dtype {
    case .f32, .f64: return Promise(.rounding)
    default: return Promise(.lossy("\(what) is rounded to \(dtype.name)"))
    }
  }
}
