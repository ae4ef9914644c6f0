internal import Checkpoints
#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage
internal import TransformerGraph

extension TensorMigration {
  /// A stack, and the norms that stand on the wrapper around it.
  mutating func pair(
    _ a: AttentionLayers, _ b: AttentionLayers, endNorms: (Norm?, Norm?)
  ) throws(FormatError) {
    guard a.layers.count == b.layers.count else {
      return notes.refuse("", "its stack would have another number of layers")
    }
    for position in a.layers.indices {
      try pair(
        a.layers[position], b.layers[position], a, isLast: position == a.layers.count - 1)
    }
    try pairEnds(a, b, endNorms)
    try pair(a.rotary?.inverseFrequencies, b.rotary?.inverseFrequencies)
    try pair(a.rotary?.scale, b.rotary?.scale)
    try pair(a.infusedFrequencies, b.infusedFrequencies)
    try pair(a.relativePosition, b.relativePosition)
  }

  private mutating func pair(
    _ a: AttentionLayers.Layer, _ b: AttentionLayers.Layer, _ stack: AttentionLayers, isLast: Bool
  ) throws(FormatError) {
    let takesBias = try !movesBias(a, b)
    try norm(a.preNorm, b.preNorm, takesBias: takesBias)
    try norm(a.branchNorm, b.branchNorm)
    // What stands behind the last layer is paired with the stack's end.
    if !isLast { try norm(a.postNorm, b.postNorm) }
    switch (a.block, b.block) {
    case (.attention(let x), .attention(let y)):
      try pair(x, y, pairCount: stack.rotary?.inverseFrequencies.shape[0])
    case (.crossAttention(let x), .crossAttention(let y)): try pair(x, y, pairCount: nil)
    case (.feedForward(let x), .feedForward(let y)): try pair(x, y)
    default: notes.refuse("", "its layers would be of another kind")
    }
    if let x = a.layerScale, let y = b.layerScale {
      let shift = a.layerScaleOffset - b.layerScaleOffset
      give(y, x.tensor.scaled(by: 1, plus: shift, formula: "\(path(x)) + \(shift)"), from: x)
    } else {
      try pair(a.layerScale, b.layerScale, neutral: 1)
    }
    try pair(a.zeroScale, b.zeroScale)
    try pair(a.residual, b.residual)
  }

  /// The bias of a norm in front of a feed-forward block goes through its first layer.
  private mutating func movesBias(
    _ a: AttentionLayers.Layer, _ b: AttentionLayers.Layer
  ) throws(FormatError) -> Bool {
    guard let bias = a.preNorm?.bias, let norm = b.preNorm, norm.bias == nil,
      a.shiftedTokenCount == 0, case .feedForward(let x) = a.block,
      case .feedForward(let y) = b.block, let place = y.projectIn.bias
    else { return false }
    try move(bias, through: x.projectIn, into: place)
    return true
  }

  /// The norms behind the last layer: the layer's own, the stack's, the wrapper's.
  private mutating func pairEnds(
    _ a: AttentionLayers, _ b: AttentionLayers, _ endNorms: (Norm?, Norm?)
  ) throws(FormatError) {
    let first = [a.layers.last?.postNorm, a.finalNorm, endNorms.0].compactMap { $0 }
    let second = [b.layers.last?.postNorm, b.finalNorm, endNorms.1].compactMap { $0 }
    guard first.count == second.count else {
      return notes.refuse(
        "", "it would have \(second.count) norms behind the stack, not \(first.count)")
    }
    for (x, y) in zip(first, second) { try norm(x, y) }
  }

  /// A norm of the same kind; its gain may be stored less one, or without the root of the width.
  mutating func norm(_ a: Norm?, _ b: Norm?, takesBias: Bool = true) throws(FormatError) {
    guard let a, let b else {
      if a != nil || b != nil { notes.refuse("", "its norms would stand elsewhere") }
      return
    }
    guard a.kind == b.kind else {
      let place = (a.gain ?? b.gain).map(path) ?? ""
      return notes.refuse(place, "is a \(a.kind), and it would be a \(b.kind)")
    }
    if let x = a.gain, let y = b.gain {
      var factor = 1.0
      if a.kind == .scaleNorm, a.hasDimensionScale != b.hasDimensionScale {
        let root = Double(modelDimension(of: x)).squareRoot()
        factor = a.hasDimensionScale ? root : 1 / root
      }
      let constant = a.gainOffset * factor - b.gainOffset
      let tensor = x.tensor.scaled(
        by: factor, plus: constant, formula: "\(factor) · \(path(x)) + \(constant)")
      give(y, tensor?.reshaped(y.shape), from: x)
    }
    if takesBias { try pair(a.bias, b.bias) } else { try pair(nil, b.bias) }
    if let x = a.innerScale, let y = b.innerScale {
      let shift = a.innerScaleOffset - b.innerScaleOffset
      give(y, x.tensor.scaled(by: 1, plus: shift, formula: "\(path(x)) + \(shift)"), from: x)
    }
    try pair(a.innerShift, b.innerShift)
    try pair(a.toGain, b.toGain, "to_gamma")
  }

  /// The width that a ScaleNorm acts on; its gain alone does not tell it.
  private func modelDimension(of gain: Parameter) -> Int {
    let place = path(gain)
    let stacks = source.stacks.sorted { $0.path.utf8.count > $1.path.utf8.count }
    return stacks.first { place.hasPrefix($0.path) }?.layers.dimension ?? 1
  }

  private mutating func pair(_ a: FeedForward, _ b: FeedForward) throws(FormatError) {
    try pair(a.projectIn, b.projectIn)
    try pair(a.multiplicativeBias, b.multiplicativeBias, neutral: 1)
    if let x = a.postActivationNorm, let y = b.postActivationNorm, let bias = x.bias,
      y.bias == nil, let place = b.projectOut.bias
    {
      try move(bias, through: a.projectOut, into: place)
      try norm(x, y, takesBias: false)
    } else {
      try norm(a.postActivationNorm, b.postActivationNorm)
    }
    try norm(a.soluNorm, b.soluNorm)
    try pair(a.projectOut, b.projectOut)
  }

  private mutating func pair(_ a: Residual, _ b: Residual) throws(FormatError) {
    switch (a, b) {
    case (.sum(let x, _), .sum(let y, _)): try pair(x, y, neutral: 1)
    case (.gated(let x, let scale), .gated(let y, let other)):
      for (x, y) in [
        (x.inputWeight, y.inputWeight), (x.inputBias, y.inputBias),
        (x.hiddenWeight, y.hiddenWeight), (x.hiddenBias, y.hiddenBias),
      ] {
        pair(x, y)
      }
      try pair(scale, other, neutral: 1)
    // The others have the same names in every release that has them.
    default: break
    }
  }

  private mutating func pair(
    _ a: RelativePosition?, _ b: RelativePosition?
  ) throws(FormatError) {
    switch (a, b) {
    case (.buckets(let x, _, _, _)?, .buckets(let y, _, _, _)?): pair(x, y)
    case (.dynamic(let x)?, .dynamic(let y)?):
      for (x, y) in zip(x.layers, y.layers) {
        try pair(x.linear, y.linear)
        try norm(x.norm, y.norm)
      }
      try pair(x.toHeads, y.toHeads)
    case (.alibi(.learned(let x, let future), _)?, .alibi(.learned(let y, let other), _)?):
      pair(x, y)
      try pair(future, other)
    case (.alibi(.given(let given), _)?, .alibi(.learned(let y, let future), _)?):
      let slopes = given.map { Float($0) }
      for slot in [y, future].compactMap({ $0 }) { give(slot, .logarithms(slopes, slot.shape)) }
    case (.alibi, .alibi), (nil, nil): break
    default: notes.refuse("rel_pos", "would be of another kind")
    }
  }
}

extension ModelGraph {
  /// The stacks, with what stands before their paths.
  fileprivate var stacks: [(path: String, layers: AttentionLayers)] {
    models.flatMap { name, model in
      model.stacks(path: name.isEmpty ? "" : "\(name).")
    }
  }
}

extension Model {
  fileprivate func stacks(path: String) -> [(path: String, layers: AttentionLayers)] {
    switch self {
    case .transformer(let wrapper): [(path, wrapper.layers)]
    case .continuous(let wrapper): [(path, wrapper.layers)]
    case .vision(let wrapper): [(path, wrapper.layers)]
    case .layers(let layers): [(path, layers)]
    case .wrapped(let inner, by: _, carried: _): inner.stacks(path: "\(path)net.")
    case .encoderDecoder(let encoder, let decoder):
      [("\(path)encoder.", encoder.layers), ("\(path)decoder.net.", decoder.layers)]
    }
  }
}

extension LazyTensor {
  /// The natural logarithms of values.
  fileprivate static func logarithms(_ values: [Float], _ shape: [Int]) -> LazyTensor {
    .values(values.map { logf($0) }, shape)
  }
}
