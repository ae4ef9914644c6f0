internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// A table made of two: `first · E + second · W`; the head is `scale` times it.
struct TableBlend {
  var first: Double
  var second: Double
  var scale = 1.0
}

extension TableBlend {
  /// What a policy makes of a table and a head; nil without one.
  ///
  /// `mean` and `weighted` are the `M` with the least `w_E |E − M|² + w_W |W − α M|²`, which is
  /// `(w_E E + w_W α W) / (w_E + w_W α²)`.
  init?(_ pair: TablePair, _ tie: Tie, scalesTiedLogits: Bool) {
    let best = pair.bestScale > 0 ? pair.bestScale : pair.lengthRatio
    let scale = scalesTiedLogits && best > 0 ? best : 1
    switch tie.policy {
    case .input: self.init(first: 1, second: 0, scale: scale)
    case .output:
      // The table keeps its length, since the layers know it by that.
      let ratio = scalesTiedLogits && pair.lengthRatio > 0 ? pair.lengthRatio : 1
      self.init(first: 0, second: 1 / ratio, scale: ratio)
    case .mean: self.init(weights: (1, 1), scale: scale)
    case .weighted: self.init(weights: tie.weights, scale: scale)
    case .procrustes, .lowrank, .joint, nil: return nil
    }
  }

  /// What a policy makes of two tables that have the same role; nil without one.
  init?(policy: TiePolicy?, weights: (input: Double, output: Double)) {
    switch policy {
    case .input: self.init(first: 1, second: 0)
    case .output: self.init(first: 0, second: 1)
    case .mean: self.init(weights: (1, 1), scale: 1)
    case .weighted: self.init(weights: weights, scale: 1)
    case .procrustes, .lowrank, .joint, nil: return nil
    }
  }

  private init(weights: (input: Double, output: Double), scale: Double) {
    let sum = weights.input + weights.output * scale * scale
    self.init(first: weights.input / sum, second: weights.output * scale / sum, scale: scale)
  }

  /// The table; nil for dtypes without arithmetic.
  func tensor(_ e: LazyTensor, _ w: LazyTensor) -> LazyTensor? {
    if (first, second) == (1, 0) { return e }
    if (first, second) == (0, 1), e.dtype == w.dtype { return w }
    let terms = [LazyTensor.Term(first, e), .init(second, w)].filter { $0.factor != 0 }
    return LazyTensor.combination(
      terms, as: e.dtype,
      formula: second == 0 ? "\(first) · table" : "\(first) · table + \(second) · head")
  }
}

extension SurgeryModel {
  /// Reads tensors of the model, wrapping what goes wrong.
  func reading<Result>(
    _ body: () throws(FileError) -> Result
  ) throws(SurgeryError) -> Result {
    do { return try body() } catch { throw .format(FormatError(error, file: paths.checkpoint)) }
  }

  /// Puts another tensor in the place of one, under all its names.
  mutating func replaceEverywhere(_ tensor: LazyTensor, with other: LazyTensor) {
    checkpoint.replaceEverywhere(tensor, with: other)
  }

  /// Puts what `blend` makes of a wrapper's table and `head` in the table's place, under all its names.
  mutating func replaceTable(
    of place: WrapperPlace, with blend: TableBlend, and head: LazyTensor
  ) throws(SurgeryError) {
    let table = place.wrapper.tokenEmbedding.weight.tensor
    guard let tensor = blend.tensor(table, head) else {
      throw .tie(.unscalable(table.dtype), model: paths.checkpoint)
    }
    replaceEverywhere(table, with: tensor)
  }

  /// Multiplies gain and bias of the last norm before the head.
  mutating func scaleLastNorm(of place: WrapperPlace, by factor: Double) throws(SurgeryError) {
    for parameter in [place.lastNorm?.gain, place.lastNorm?.bias] {
      guard let tensor = parameter?.tensor else { continue }
      guard
        let scaled = LazyTensor.combination(
          [.init(factor, tensor)], as: tensor.dtype, formula: "\(factor) · gain")
      else { throw .tie(.unscalable(tensor.dtype), model: paths.checkpoint) }
      replaceEverywhere(tensor, with: scaled)
    }
  }
}

extension Checkpoint {
  /// Puts another tensor in the place of one, under all its names.
  mutating func replaceEverywhere(_ tensor: LazyTensor, with other: LazyTensor) {
    for position in entries.indices where entries[position].tensor.isSameView(as: tensor) {
      replaceTensor(at: position, with: other)
    }
  }
}

extension WrapperPlace {
  /// The norm whose output the head takes.
  fileprivate var lastNorm: Norm? { wrapper.wrapperNorm ?? wrapper.layers.finalNorm }

  /// Whether a power of two in the last norm's gain multiplies the logits exactly, and nothing else.
  var canScaleLastNorm: Bool {
    guard let norm = lastNorm, norm.gain != nil, norm.gainOffset == 0 else { return false }
    return wrapper.carried.isEmpty && wrapper.feedsHeadOnly
  }
}

extension TransformerWrapper {
  /// Whether the output of the last norm goes to the head and nowhere else.
  fileprivate var feedsHeadOnly: Bool {
    guard case .none = recurrence else { return false }
    return mixture == nil && pool == nil && nextEmbedding.isEmpty
  }
}
