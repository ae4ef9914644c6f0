internal import TransformerGraph

extension ForwardPass {
  /// The stack of layers on `x`, `[b, n, d]`.
  func apply(
    _ layers: AttentionLayers, to x: Activations, state: inout PassState
  ) throws(InferenceError) -> Activations {
    try prepare(layers, x, &state)
    var x = try widened(x, layers.streamEmbedding)
    state.injection = try injection(layers, x)
    var dual = layers.dualResidual.map { x.scaled(by: Float($0.scale)) }
    for index in layers.executionOrder {
      x = try apply(layers.layers[index], of: layers, to: x, dual: &dual, state: &state)
    }
    if let limit = layers.outputSoftclamp { x.softclamp(limit) }
    if let streams = layers.streamEmbedding?.shape[0] { x = x.summed(streams: streams) }
    guard let norm = layers.finalNorm else { return x }
    if let dual {
      try add(dual, normalizedBy: norm, to: &x)
    } else {
      try apply(norm, to: &x, condition: state.condition)
    }
    return x
  }

  /// The second stream of ResiDual after a layer whose block gave `output`.
  private func grown(
    _ outer: Activations, by output: Activations, _ dual: AttentionLayers.DualResidual,
    _ residual: Residual, mask: Mask?
  ) throws(InferenceError) -> Activations {
    guard dual.form == .bySum else {
      return try apply(residual, output: output, branch: branch(residual, outer), mask: mask)
    }
    return outer.sum(with: output.scaled(by: Float(dual.scale)))
  }

  private func add(
    _ outer: Activations, normalizedBy norm: Norm, to x: inout Activations
  ) throws(InferenceError) {
    var outer = outer
    try apply(norm, to: &outer, condition: nil)
    x = x.sum(with: outer)
  }

  private func prepare(
    _ layers: AttentionLayers, _ x: Activations, _ state: inout PassState
  ) throws(InferenceError) {
    let length = x.length + (state.cache?.length ?? 0)
    state.carriesLogits = layers.carriesLogits
    state.carriesCrossLogits = layers.carriesCrossLogits
    state.addsValueResidual = layers.addsValueResidual
    state.isCausalStack = layers.isCausal
    state.isPrefixDecoder = layers.kind == .prefixDecoder
    (state.logits, state.crossLogits) = (nil, nil)
    (state.firstValues, state.firstCrossValues) = (nil, nil)
    (state.skipInputs, state.blockInputs) = ([], [])
    if let projection = layers.condition?.projection, let given = state.givenCondition {
      var projected = try apply(projection, to: given)
      var span = projected.values.mutableSpan
      Elementwise.activate(&span, .silu)
      state.condition = projected
    } else {
      state.condition = state.givenCondition
    }
    state.polar = try layers.polar.map { polar throws(InferenceError) in
      try PolarTable(polar, pass: self)
    }
    if let position = layers.relativePosition {
      // Memories may have positions of their own.
      let reach = length + (layers.layers.map(\.memoryKeyCount).max() ?? 0)
      state.bias = try DistanceBias(position, heads: layers.headCount, reach: reach, pass: self)
    }
    if let frequencies = try weights.values(layers.infusedFrequencies) {
      state.infusedPositions = Self.sinusoids(
        frequencies, count: length, width: layers.dimension)
    }
    if let rotary = layers.rotary {
      state.rotary = try RotaryTable(rotary, count: length, pass: self)
    }
  }

  /// What is added to the inputs of all blocks.
  private func injection(
    _ layers: AttentionLayers, _ x: Activations
  ) throws(InferenceError) -> Activations? {
    guard let projection = layers.reinjection else { return nil }
    var result = try apply(projection, to: x)
    guard let gate = layers.reinjectionGate else { return result }
    let gates = try apply(gate, to: x)
    result.multiplyHeads(of: result.width) { Self.logistic(gates.values[$0]) }
    return result
  }

  private func apply(
    _ layer: AttentionLayers.Layer, of layers: AttentionLayers, to x: Activations,
    dual: inout Activations?, state: inout PassState
  ) throws(InferenceError) -> Activations {
    var x = x
    if layers.hasSkips { state.skipInputs.append(x) }
    if let skip = layer.skip {
      x = try apply(skip.combine, to: state.skipInputs[skip.source].beside(x))
    }
    let branch = try branch(layer.residual, x)
    var views = branch.views
    if let integrator = layer.integrator {
      state.blockInputs.append(views[0])
      views = try integrate(integrator, state.blockInputs)
    }
    for index in views.indices {
      if let injection = state.injection { views[index] = views[index].sum(with: injection) }
      // In the first form of ResiDual the first norm is the second stream's.
      if let norm = layer.preNorm, dual == nil {
        try apply(norm, to: &views[index], condition: state.condition)
      }
    }
    var output = try apply(layer, block: views, state: &state)
    try scale(&output, layer, state)
    if let form = layers.dualResidual, let outer = dual {
      dual = try grown(outer, by: output, form, layer.residual, mask: state.mask)
    }
    if let norm = layer.branchNorm { try apply(norm, to: &output, condition: state.condition) }
    var result = try apply(
      layer.residual, output: output, branch: branch, mask: state.mask)
    if let norm = layer.postNorm { try apply(norm, to: &result, condition: state.condition) }
    if layers.dualResidual?.form == .atEachLayer, let outer = dual, let norm = layer.preNorm {
      try add(outer, normalizedBy: norm, to: &result)
    }
    return result
  }

  /// LayerScale, its adaptive kind, and the constant factors.
  private func scale(
    _ output: inout Activations, _ layer: AttentionLayers.Layer, _ state: PassState
  ) throws(InferenceError) {
    if let gain = try weights.values(layer.layerScale) {
      output.multiplyColumns(by: gain, offset: Float(layer.layerScaleOffset))
    }
    if let toGain = layer.adaptiveScale, let condition = state.condition {
      var gains = try apply(toGain, to: condition)
      var span = gains.values.mutableSpan
      Elementwise.activate(&span, .sigmoid)
      output.multiply(by: gains, plus: 0)
    }
    if layer.branchScale != 1 { output = output.scaled(by: Float(layer.branchScale)) }
    if let scale = try weights.values(layer.zeroScale)?.first { output = output.scaled(by: scale) }
  }

  private func apply(
    _ layer: AttentionLayers.Layer, block views: [Activations], state: inout PassState
  ) throws(InferenceError) -> Activations {
    var views = views
    // Feed-forward blocks are not given the mask.
    let mask = if case .feedForward = layer.block { Mask?.none } else { state.mask }
    let isCausal =
      if case .attention(let block) = layer.block { block.isCausal } else {
        state.isCausalStack
      }
    for index in views.indices {
      views[index].shift(
        layer.shiftedTokenCount, isCausal: isCausal, mask: mask,
        largest: views.count > 1 ? views[index].batch : .max)
    }
    switch layer.block {
    case .attention(let block):
      return try apply(block, to: AttentionInputs(views: views), isCross: false, state: &state)
    case .crossAttention(let block):
      let inputs = AttentionInputs(views[0], attendingTo: state.context ?? views[0])
      return try apply(block, to: inputs, isCross: true, state: &state)
    case .feedForward(let block):
      return try apply(block, to: views[0], factors: state.deepFactors.popFirst())
    }
  }
}

extension AttentionLayers.Layer {
  /// Learned keys that stand in front of all others.
  fileprivate var memoryKeyCount: Int {
    switch block {
    case .attention(let block): block.memoryKeys?.shape[1] ?? 0
    case .crossAttention, .feedForward: 0
    }
  }
}

extension AttentionLayers {
  /// Whether inputs of layers are needed by later ones.
  fileprivate var hasSkips: Bool { layers.contains { $0.skip != nil } }
}

extension Activations {
  /// Multiplies each token's features by `gain + offset`.
  mutating func multiplyColumns(by gain: [Float], offset: Float) {
    let factors = gain.map { $0 + offset }
    let (rows, width) = (rowCount, width)
    var span = values.mutableSpan
    for row in 0..<rows {
      var part = span.extractingMutable((row * width)..<((row + 1) * width))
      Elementwise.multiply(&part, by: factors.span)
    }
  }

  /// `ShiftTokens`: features in equal parts, moved by 0…k positions (causal) or −k…k; the rest stays.
  ///
  /// Several inputs of one block move by `largest` positions at most: x-transformers takes the batch for the length.
  mutating func shift(_ count: Int, isCausal: Bool, mask: Mask?, largest: Int = .max) {
    guard count > 0 else { return }
    let shifts = ((isCausal ? 0 : -count)...count).map { min($0, largest) }
    let part = width / shifts.count
    let source = values
    for item in 0..<batch {
      for position in 0..<length {
        for (index, shift) in shifts.enumerated() where shift != 0 {
          let from = position - shift
          let isThere = (0..<length).contains(from) && (mask?.values[item * length + from] ?? true)
          let target = (item * length + position) * width + index * part
          let start = (item * length + from) * width + index * part
          for column in 0..<part {
            values[target + column] = isThere ? source[start + column] : 0
          }
        }
      }
    }
  }
}
