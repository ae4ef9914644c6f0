internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// A head that is to become the token embedding.
struct HeadTie {
  let place: WrapperPlace
  let head: Linear
  /// Where the head's weight stands in the graph.
  let path: String
  /// Where its bias would.
  var biasPath: String { place.keyPrefix + "to_logits.bias" }

  /// Checks that a tied head can be in its place: one head, as wide as the vocabulary, without a bias.
  init(_ place: WrapperPlace, _ heads: [Linear], in model: SurgeryModel) throws(SurgeryError) {
    func fault(_ fault: TieFault) -> SurgeryError { .tie(fault, model: model.paths.checkpoint) }
    let path = place.keyPrefix + "to_logits.weight"
    guard heads.count == 1, let head = heads.first else {
      throw fault(.severalHeads(path, count: heads.count))
    }
    let (table, weight) = (place.wrapper.tokenEmbedding.weight, head.weight)
    let dimension = place.wrapper.layers.dimension
    guard place.wrapper.embeddingDimension == dimension else {
      throw fault(
        .narrowEmbedding(width: place.wrapper.embeddingDimension, dimension: dimension))
    }
    guard weight.shape == table.shape else {
      throw fault(.shapes(place.embeddingPath, table.shape, path, weight.shape))
    }
    guard table.tensor.cast(to: .f64) != nil, weight.tensor.cast(to: .f64) != nil else {
      throw fault(.unscalable(weight.tensor.dtype))
    }
    if let bias = head.bias {
      let largest = try model.reading { () throws(FileError) in
        try bias.tensor.floats().reduce(0) { max($0, abs($1)) }
      }
      guard largest == 0 else { throw fault(.headBias(largest: Double(largest))) }
    }
    self.place = place
    self.head = head
    self.path = path
  }

  /// What tying this head changes.
  struct Decision {
    /// `tie_embedding_scale`; nil for what it is by default.
    var scale: Double?
    /// What the last norm's gain is multiplied by, where the release has no scale.
    var gainFactor: Double?
    /// What the table becomes; nil for what it is.
    var blend: TableBlend?
    var promise: Promise
    var facts: [String]
  }
}

// MARK: - The relation

extension HeadTie {
  private var table: LazyTensor { place.wrapper.tokenEmbedding.weight.tensor }

  /// Finds the relation of head and table, or does as the policy says.
  func decide(by tie: Tie, in model: SurgeryModel) throws(SurgeryError) -> Decision {
    let release = Release(place, in: model)
    let pair = try model.reading { () throws(FileError) in
      try TablePair(table, head.weight.tensor)
    }
    let relation = try model.reading { () throws(FileError) in
      try self.relation(of: pair, release: release, tolerance: tie.tolerance)
    }
    var decision: Decision
    if let relation {
      decision = try self.decision(relation, release, in: model)
    } else if let blend = TableBlend(pair, tie, scalesTiedLogits: release.isScalable) {
      decision = self.decision(blend, pair, release)
    } else {
      throw .tie(
        .different(
          TieMeasurement(head: pair, scalesTiedLogits: release.isScalable),
          names: [place.embeddingPath, path]),
        model: model.paths.checkpoint)
    }
    if head.bias != nil { decision.facts.append("\(biasPath) is zero and is left out") }
    return decision
  }

  /// What the release of x-transformers does with tied logits.
  struct Release {
    /// The scale that holds where the configuration sets none.
    let defaultScale: Double
    /// Whether another can be set.
    let isScalable: Bool
    let name: String

    init(_ place: WrapperPlace, in model: SurgeryModel) {
      let dialect = model.configuration.dialect
      isScalable = dialect.scalesTiedLogits
      name = dialect.description
      let scale = dialect.defaultTieScale(dimension: place.wrapper.layers.dimension)
      switch model.configuration.value(at: place.argumentPath("tie_embedding_scale")) {
      case .double(let given) where dialect.scalesTiedLogits: defaultScale = given
      case .int(let given) where dialect.scalesTiedLogits: defaultScale = Double(given)
      default: defaultScale = scale
      }
    }
  }

  /// `head = scale · table`, and how closely.
  private struct Relation {
    var scale: Double
    var promise: Promise
  }

  private func relation(
    of pair: TablePair, release: Release, tolerance: Double
  ) throws(FileError) -> Relation? {
    let best = pair.bestScale
    let candidates = [release.defaultScale, 1, Double(Float(best)), best].filter {
      $0 != 0 && abs($0 - best) <= 1e-3 * abs(best)
    }
    for scale in candidates where try pair.isExactly(scale: scale) {
      return Relation(
        scale: scale, promise: .ofScaling(by: scale, as: pair.second.dtype, what: path))
    }
    for scale in candidates {
      let difference = try pair.largestDifference(scale: scale)
      if difference.elementwise <= 4 * pair.second.dtype.unitRoundoff {
        return Relation(
          scale: scale,
          promise: pair.second.dtype.unitRoundoff <= DType.f32.unitRoundoff
            ? Promise(.rounding) : Promise(.lossy("\(path) is rounded")))
      }
    }
    guard tolerance > 0 else { return nil }
    let scale = release.isScalable && best != 0 ? best : release.defaultScale
    let difference = try pair.largestDifference(scale: scale).overall
    guard difference <= tolerance else { return nil }
    return Relation(
      scale: scale,
      promise: Promise(
        .lossy("\(path) moves by at most \(percent(difference)) of its largest value")))
  }

  private func decision(
    _ relation: Relation, _ release: Release, in model: SurgeryModel
  ) throws(SurgeryError) -> Decision {
    var decision = Decision(
      promise: relation.promise,
      facts: [
        "\(path) is \(relation.scale) · \(place.embeddingPath): "
          + "\(head.weight.elementCount) parameters less"
      ])
    if relation.scale == release.defaultScale { return decision }
    if release.isScalable {
      decision.scale = relation.scale
      return decision
    }
    guard relation.scale.significand == 1, relation.scale > 0, place.canScaleLastNorm else {
      throw .tie(
        .fixedScale(relation.scale, release: release.name), model: model.paths.checkpoint)
    }
    decision.gainFactor = relation.scale
    decision.facts.append(
      "release \(release.name) does not scale tied logits, so the gain of the last norm is multiplied "
        + "by \(relation.scale) (what return_embeddings gives is too)")
    return decision
  }

  private func decision(_ blend: TableBlend, _ pair: TablePair, _ release: Release) -> Decision {
    let losses =
      "\(place.embeddingPath) moves by "
      + "\(percent(pair.distanceToFirst(blend.first, blend.second))), \(path) by "
      + percent(pair.distanceToSecond(blend.first, blend.second, scale: blend.scale))
    return Decision(
      scale: blend.scale == release.defaultScale ? nil : blend.scale, blend: blend,
      promise: Promise(.lossy(losses)),
      facts: [losses + ": \(head.weight.elementCount) parameters less"])
  }
}

extension DType {
  /// The largest relative error of rounding to it.
  fileprivate var unitRoundoff: Double {
    switch self {
    case .f64: 0x1p-53
    case .f32: 0x1p-24
    case .f16: 0x1p-11
    case .bf16: 0x1p-8
    default: 0
    }
  }
}
