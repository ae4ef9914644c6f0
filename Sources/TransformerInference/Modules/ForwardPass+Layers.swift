internal import TransformerGraph

extension ForwardPass {
  /// The stack of layers on `x`, `[b, n, d]`.
  ///
  /// `positionOffset` counts earlier tokens, which are in the state's cache.
  func apply(
    _ layers: AttentionLayers, to x: Activations, state: inout PassState
  ) throws(InferenceError) -> Activations {
    guard layers.carried.isEmpty else {
      throw .unsupported(path: "attn_layers", options: layers.carried.options)
    }
    try prepare(layers, x, &state)
    var x = x
    for index in layers.executionOrder {
      x = try apply(layers.layers[index], to: x, state: &state)
    }
    if let limit = layers.outputSoftclamp {
      var span = x.values.mutableSpan
      Elementwise.softclamp(&span, Float(limit))
    }
    if let norm = layers.finalNorm { try apply(norm, to: &x, condition: nil) }
    return x
  }

  private func prepare(
    _ layers: AttentionLayers, _ x: Activations, _ state: inout PassState
  ) throws(InferenceError) {
    let reach = x.length + (state.cache?.length ?? 0)
    state.carriesLogits = layers.carriesLogits
    state.carriesCrossLogits = layers.carriesCrossLogits
    state.addsValueResidual = layers.addsValueResidual
    state.isCausalStack = layers.isCausal
    state.isPrefixDecoder = layers.kind == .prefixDecoder
    if let position = layers.relativePosition {
      state.bias = try DistanceBias(position, heads: layers.headCount, reach: reach, pass: self)
    }
    if let rotary = layers.rotary {
      state.rotary = try RotaryTable(rotary, count: reach, pass: self)
    }
  }

  private func apply(
    _ layer: AttentionLayers.Layer, to x: Activations, state: inout PassState
  ) throws(InferenceError) -> Activations {
    var input = x
    if let norm = layer.preNorm { try apply(norm, to: &input, condition: nil) }
    var output = try apply(layer, block: input, state: &state)
    if let gain = try weights.values(layer.layerScale) {
      output.multiplyColumns(by: gain, offset: Float(layer.layerScaleOffset))
    }
    if layer.branchScale != 1 {
      var span = output.values.mutableSpan
      Elementwise.scale(&span, by: Float(layer.branchScale))
    }
    if let norm = layer.branchNorm { try apply(norm, to: &output, condition: nil) }
    var result = try apply(layer.residual, output: output, input: x)
    if let norm = layer.postNorm { try apply(norm, to: &result, condition: nil) }
    return result
  }

  private func apply(
    _ layer: AttentionLayers.Layer, block input: Activations, state: inout PassState
  ) throws(InferenceError) -> Activations {
    var input = input
    switch layer.block {
    case .attention(let block):
      input.shift(layer.shiftedTokenCount, isCausal: block.isCausal, mask: state.mask)
      return try apply(block, to: input, isCross: false, state: &state)
    case .crossAttention(let block):
      input.shift(
        layer.shiftedTokenCount, isCausal: state.isCausalStack, mask: state.mask)
      return try apply(block, to: input, isCross: true, state: &state)
    case .feedForward(let block):
      // Feed-forward blocks are not given the mask.
      input.shift(layer.shiftedTokenCount, isCausal: state.isCausalStack, mask: nil)
      return try apply(block, to: input)
    }
  }
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
  mutating func shift(_ count: Int, isCausal: Bool, mask: Mask?) {
    guard count > 0 else { return }
    let shifts = Array((isCausal ? 0 : -count)...count)
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
