internal import Checkpoints
#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage
internal import TransformerGraph

extension TensorMigration {
  /// An attention; `pairCount` pairs of features of a head are turned by rotary positions.
  mutating func pair(
    _ a: Attention, _ b: Attention, pairCount: Int?
  ) throws(FormatError) {
    let order = FeatureOrder(a, pairCount: pairCount, from: from, to: to)
    if order.isChanged, a.toValue == nil, b.toValue == nil {
      notes.refuse(
        path(a.toKey.weight), "serves as values too and would have its features reordered")
    }
    if order.isChanged, a.bias.contextual != nil || a.latents.toLatentKeyValue != nil {
      notes.refuse(path(a.toKey.weight), "would have its features reordered under other modules")
    }
    try pair(a.toQuery, b.toQuery, rows: order.rows(heads: a.heads.count))
    try pair(a.toKey, b.toKey, rows: order.rows(heads: a.heads.keyCount))
    // Keys serve as values before they are normalised and turned.
    try pair(a.toValue ?? a.toKey, b.toValue, "to_v")
    try pair(a.toRelation, b.toRelation, "to_r")
    try queryKeyNorm(a, b, order)
    try pair(a.queryNormGain, b.queryNormGain, order: order)
    try pair(a.keyNormGain, b.keyNormGain, order: order)
    try pair(a.valueNormGain, b.valueNormGain)
    try pair(a.memoryKeys, b.memoryKeys, order: order)
    try pair(a.memoryValues, b.memoryValues)
    try pair(a.sink, b.sink)
    try talkingHeads(a, b)
    try pair(a.gates.toValueGate?.down, b.gates.toValueGate?.down, "to_v_gate.down")
    try pair(a.gates.toValueGate?.up, b.gates.toValueGate?.up, "to_v_gate")
    try pair(a.gates.toHeadGate, b.gates.toHeadGate, "to_v_head_gate")
    try pair(a.headScale, b.headScale, neutral: 1)
    // Before 1.42.16 all heads had one mix.
    let isSpread = a.valueResidualMix?.outputCount == 1
    try pair(
      a.valueResidualMix, b.valueResidualMix, "to_value_residual_mix",
      rows: isSpread ? b.valueResidualMix.map { .init(repeating: 0, count: $0.outputCount) } : nil)
    try output(a, b)
  }

  private mutating func pair(
    _ a: Linear, _ b: Linear?, _ name: String
  ) throws(FormatError) {
    guard let b else { return }
    try pair(a, b)
  }

  /// A parameter whose last extent are the features of a head.
  private mutating func pair(
    _ a: Parameter?, _ b: Parameter?, order: FeatureOrder
  ) throws(FormatError) {
    guard let a, let b, order.isChanged else { return try pair(a, b) }
    give(b, .values(order.applied(to: try floats(a)), b.shape), from: a)
  }

  /// Before 2.17 a single head was projected too.
  private mutating func output(_ a: Attention, _ b: Attention) throws(FormatError) {
    switch (a.toOut, b.toOut) {
    case (nil, let layer?) where layer.inputCount == layer.outputCount:
      give(layer.weight, .identity(layer.inputCount))
      try pair(nil, layer.bias)
    default: try pair(a.toOut, b.toOut, "to_out")
    }
  }

  /// Before 1.39 mixed heads replaced the logits; later they are added to them.
  private mutating func talkingHeads(_ a: Attention, _ b: Attention) throws(FormatError) {
    let (mixes, others) = (a.talkingHeads, b.talkingHeads)
    let count = a.heads.count
    if let y = others.preSoftmax {
      var matrix = try mixes.preSoftmax.map { (mix) throws(FormatError) in try floats(mix) }
      if matrix == nil { matrix = [Float](repeating: 0, count: count * count) }
      // Without a mixture nothing is added, and what replaces is the logits themselves.
      let wasAdded = mixes.preSoftmax == nil || from.addsTalkingHeads
      let shift: Float = (wasAdded ? 1 : 0) - (to.addsTalkingHeads ? 1 : 0)
      var values = matrix ?? []
      for head in 0..<count { values[head * count + head] += shift }
      give(y, .values(values, y.shape), from: mixes.preSoftmax)
    } else if let x = mixes.preSoftmax {
      notes.refuse(path(x), "has no place in it")
    }
    if let y = others.postSoftmax, mixes.postSoftmax == nil {
      give(y, LazyTensor.identity(count).reshaped(y.shape))
    } else {
      try pair(mixes.postSoftmax, others.postSoftmax)
    }
    try pair(mixes.preScalePost, others.preScalePost)
  }

  private mutating func queryKeyNorm(
    _ a: Attention, _ b: Attention, _ order: FeatureOrder
  ) throws(FormatError) {
    switch (a.queryKeyNorm, b.queryKeyNorm) {
    case (.none, .none): break
    case (.temperature(let x, _), .temperature(let y, _)): pair(x, y)
    case (
      .temperature(let x, let form), .lengths(_, let scale, let query?, let key?)
    ):
      // Each head's temperature goes into its features' scales.
      let factors = try floats(x).map { Float(form.factor(of: Double($0)) / scale) }
      let width = a.heads.dimension
      guard query.elementCount == factors.count * width else {
        return notes.refuse(path(x), "differs from head to head, and it has one scale for all")
      }
      let repeated = factors.flatMap { [Float](repeating: $0, count: width) }
      give(query, .values(repeated, query.shape))
      try pair(nil, key, neutral: 1)
    case (.lengths(_, let scale, let query, let key), .lengths(_, let other, let y, let z)):
      if let y, let z, let query, let key {
        try scales(a, (query, scale), (y, other), order)
        try keyScale(a, key, z, order)
      } else if let query, y == nil {
        notes.note("'\(path(query))' was ignored by \(from) and is left out")
      }
    default: notes.refuse(path(a.toQuery.weight), "would be normalised in another way")
    }
  }

  /// Learned scales take up what the constants differ by.
  private mutating func scales(
    _ a: Attention, _ x: (Parameter, Double), _ y: (Parameter, Double), _ order: FeatureOrder
  ) throws(FormatError) {
    let factor = Float(x.1 / y.1)
    let values = order.applied(to: try floats(x.0)).map { $0 * factor }
    give(y.0, .values(values.filling(y.0.elementCount), y.0.shape), from: x.0)
  }

  private mutating func keyScale(
    _ a: Attention, _ x: Parameter, _ y: Parameter, _ order: FeatureOrder
  ) throws(FormatError) {
    let values = order.applied(to: try floats(x))
    let filled = values.filling(y.elementCount)
    guard filled.count == y.elementCount else {
      return notes.refuse(
        path(x), "has a scale for each query head, and it has one for each key head")
    }
    give(y, .values(filled, y.shape), from: x)
  }
}

extension [Float] {
  /// The same values over and over, `count` in all; themselves if they are more.
  fileprivate func filling(_ count: Int) -> [Float] {
    guard !isEmpty, self.count < count, count.isMultiple(of: self.count) else { return self }
    return (0..<(count / self.count)).flatMap { _ in self }
  }
}

extension Attention.Temperature {
  /// The factor on the logits that a stored temperature is.
  fileprivate func factor(of stored: Double) -> Double {
    switch self {
    case .inverseExponential: 1 / max(exp(stored), 0.01)
    case .sigmoid(let maximum): maximum / (1 + exp(-stored))
    }
  }
}

/// The order of a head's features where two releases turn different pairs of them by rotary positions.
///
/// Before 1.30.1 pair `j` of `r` turned features are the features `(j, j + r/2)`, from then on `(2j, 2j+1)`. A
/// product of queries and keys is the same in any order that both have.
struct FeatureOrder {
  /// For each feature of the target its place in the source.
  private let places: [Int]
  let isChanged: Bool

  init(_ block: Attention, pairCount: Int?, from: Dialect, to: Dialect) {
    var places = Array(0..<block.heads.dimension)
    isChanged = pairCount != nil && from.rotatesInterleavedPairs != to.rotatesInterleavedPairs
    if let count = pairCount, isChanged, 2 * count <= places.count {
      for pair in 0..<count {
        let (first, second) =
          to.rotatesInterleavedPairs ? (2 * pair, 2 * pair + 1) : (pair, pair + count)
        let (x, y) = to.rotatesInterleavedPairs ? (pair, pair + count) : (2 * pair, 2 * pair + 1)
        (places[first], places[second]) = (x, y)
      }
    }
    self.places = places
  }

  /// Rows of a projection to heads; nil for the order they have.
  func rows(heads: Int) -> [Int]? {
    guard isChanged else { return nil }
    return (0..<heads).flatMap { head in places.map { head * places.count + $0 } }
  }

  /// Values whose last extent are the features of a head.
  func applied(to values: [Float]) -> [Float] {
    guard isChanged, !places.isEmpty, values.count.isMultiple(of: places.count) else {
      return values
    }
    return stride(from: 0, to: values.count, by: places.count).flatMap { start in
      places.map { values[start + $0] }
    }
  }
}
