internal import TransformerGraph

extension ForwardPass {
  /// The attention block on `x` (`[b, n, d]`, normalised).
  ///
  /// `isCross` tells whether keys and values come from the state's context.
  func apply(
    _ block: Attention, to x: Activations, isCross: Bool, state: inout PassState
  ) throws(InferenceError) -> Activations {
    try refuseCarried(block)
    let source = isCross ? state.context : x
    guard let source else {
      throw .missingInput(name: "--context", reason: "the model attends to one")
    }
    var operands = try AttentionOperands(block, x, source, isCross: isCross, pass: self, &state)
    var out = try attend(block, &operands, isCross: isCross, state: &state)
    try applyGates(block, x, to: &out)
    var result = try project(block, out)
    // Masked queries give nothing: the residual goes on alone.
    if let mask = state.mask, state.cache == nil { result.clear(where: mask) }
    return result
  }

  private func refuseCarried(_ block: Attention) throws(InferenceError) {
    guard block.carried.isEmpty else {
      throw .unsupported(path: "", options: block.carried.options)
    }
  }

  /// Head scales and gates, on `[b, n, h · dv]`.
  private func applyGates(
    _ block: Attention, _ x: Activations, to out: inout Activations
  ) throws(InferenceError) {
    let width = block.heads.valueDimension
    if let scales = try weights.values(block.headScale) {
      for head in 0..<(out.rowCount * block.heads.count) {
        let scale = scales[head % block.heads.count]
        for column in 0..<width { out.values[head * width + column] *= scale }
      }
    }
    if let gate = block.gates.toHeadGate {
      let gates = try apply(gate, to: x)
      for head in 0..<gates.values.count {
        let factor = Self.logistic(gates.values[head])
        for column in 0..<width { out.values[head * width + column] *= factor }
      }
    }
    guard let gate = block.gates.toValueGate else { return }
    var gates = try apply(gate, to: x)
    var span = gates.values.mutableSpan
    Elementwise.activate(&span, block.gates.isSwish ? .silu : .sigmoid)
    var target = out.values.mutableSpan
    Elementwise.multiply(&target, by: gates.values.span)
  }

  /// The projection back to the model's features, gated by its own second half with `attn_on_attn`.
  private func project(
    _ block: Attention, _ out: Activations
  ) throws(InferenceError) -> Activations {
    guard let projection = block.toOut else { return out }
    let both = try apply(projection, to: out)
    guard block.isAttentionOnAttention else { return both }
    let width = both.width / 2
    var result = Activations(batch: both.batch, length: both.length, width: width)
    for row in 0..<both.rowCount {
      for column in 0..<width {
        let start = row * both.width + column
        result.values[row * width + column] =
          both.values[start] * Self.logistic(both.values[start + width])
      }
    }
    return result
  }
}

extension Activations {
  /// Sets the features of tokens that are not there to zero.
  mutating func clear(where mask: Mask) {
    for row in 0..<rowCount where !mask.values[row] {
      for column in (row * width)..<((row + 1) * width) { values[column] = 0 }
    }
  }
}
