internal import TransformerGraph

extension ForwardPass {
  /// The attention block; `isCross` tells whether it is cross-attention.
  func apply(
    _ block: Attention, to inputs: AttentionInputs, isCross: Bool, state: inout PassState
  ) throws(InferenceError) -> Activations {
    let operands = try AttentionOperands(block, inputs, isCross: isCross, pass: self, &state)
    if block.isFused, block.dialect.fusedAttentionInvertsMask, state.bias == nil || isCross,
      operands.mask != nil || block.maxAttendPast != nil
    {
      throw .unsupported(
        path: "", options: ["attn_flash with a mask, which \(block.dialect) took for its opposite"])
    }
    var out = try attend(block, inputs, operands, isCross: isCross, state: &state)
    try applyRelation(block, inputs.query, to: &out)
    if block.kernel.laserSoftclamp != nil { out.takeLogarithms() }
    try applyGates(block, inputs.query, to: &out)
    out = projectedOff(block, out, operands.ownValues)
    var result = try project(block, out)
    // Masked queries give nothing: the residual goes on alone.
    if let mask = state.mask, state.cache == nil, !block.dialect.maskedQueriesAttendToAll {
      result.clear(where: mask)
    }
    return result
  }

  /// `out · (1 + r)`, the relations `r` projected from the input.
  private func applyRelation(
    _ block: Attention, _ x: Activations, to out: inout Activations
  ) throws(InferenceError) {
    guard let projection = block.toRelation else { return }
    var factors = try apply(projection, to: x)
    guard block.heads.keyCount == 1 || factors.width == out.width else {
      throw .unsupported(path: "", options: ["attn_tensor_product with fewer key heads than heads"])
    }
    factors = factors.repeatingColumns(out.width / factors.width)
    for index in out.values.indices { out.values[index] *= 1 + factors.values[index] }
  }

  /// "Belief" attention: what was attended to, less its projection on the tokens' own values.
  private func projectedOff(
    _ block: Attention, _ out: Activations, _ values: Activations
  ) -> Activations {
    let count = block.kernel.orthogonalProjectionCount
    guard count > 0 else { return out }
    let heads = block.heads
    let repeated = (0..<(heads.count / heads.keyCount)).dropFirst().reduce(values) { all, _ in
      all.beside(values)
    }
    // Both kinds project whole sequences, heads and all, so that they give the same twice.
    let rest = out.orthogonal(to: repeated)
    return count > 1 ? rest.beside(rest) : rest
  }

  /// Head scales and gates, on `[b, n, h · dv]`.
  private func applyGates(
    _ block: Attention, _ x: Activations, to out: inout Activations
  ) throws(InferenceError) {
    if let scales = try weights.values(block.headScale) {
      out.multiplyHeads(of: block.heads.valueDimension) { scales[$0 % block.heads.count] }
    }
    if let gate = block.gates.toHeadGate {
      let gates = try apply(gate, to: x)
      out.multiplyHeads(of: block.heads.valueDimension) { Self.logistic(gates.values[$0]) }
    }
    var logits: Activations?
    if let gate = block.gates.toValueGate {
      logits = spread(try apply(gate, to: x), to: out.width, block)
    }
    if let gate = block.gates.toOutputGate {
      let more = spread(try apply(gate, to: out), to: out.width, block)
      logits = logits?.sum(with: more) ?? more
    }
    guard var gates = logits else { return }
    var span = gates.values.mutableSpan
    Elementwise.activate(&span, block.gates.isSwish ? .silu : .sigmoid)
    var target = out.values.mutableSpan
    Elementwise.multiply(&target, by: gates.values.span)
  }

  /// Gates of heads as gates of their features.
  private func spread(_ gates: Activations, to width: Int, _ block: Attention) -> Activations {
    guard gates.width < width, gates.width == block.heads.count else { return gates }
    let values = gates.values.flatMap {
      repeatElement($0, count: block.heads.valueDimension)
    }
    return Activations(values, batch: gates.batch, length: gates.length, width: width)
  }

  /// `LoRALinear`.
  func apply(_ linear: LoRALinear, to x: Activations) throws(InferenceError) -> Activations {
    guard let down = linear.down else { return try apply(linear.up, to: x) }
    var narrow = try apply(down, to: x)
    if linear.isActivated {
      var span = narrow.values.mutableSpan
      Elementwise.activate(&span, .silu)
    }
    return try apply(linear.up, to: narrow)
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

  /// Multiplies head `h` of all heads of all tokens, each of `width` features, by `factor(h)`.
  mutating func multiplyHeads(of width: Int, by factor: (Int) -> Float) {
    for head in 0..<(values.count / width) {
      let scale = factor(head)
      for column in (head * width)..<((head + 1) * width) { values[column] *= scale }
    }
  }

  /// The sum of both.
  func sum(with other: Activations) -> Activations {
    var result = self
    var span = result.values.mutableSpan
    Elementwise.add(other.values.span, to: &span)
    return result
  }
}
