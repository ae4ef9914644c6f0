internal import TransformerGraph

extension ForwardPass {
  /// The feed-forward block: `W2 · act(W1 · x + b1) + b2`, or with a gate `W2 · (value · act(gate))`.
  func apply(_ block: FeedForward, to x: Activations) throws(InferenceError) -> Activations {
    var hidden = try apply(block.projectIn, to: x)
    if let softclamp = block.softclamp, !block.isGated {
      var span = hidden.values.mutableSpan
      Elementwise.softclamp(&span, Float(softclamp))
    }
    if block.isGated {
      hidden = try gated(block, hidden)
    } else {
      try activate(&hidden, block)
    }
    if let norm = block.postActivationNorm { try apply(norm, to: &hidden, condition: nil) }
    return try apply(block.projectOut, to: hidden)
  }

  /// `value · act(gate) · bias`: the first half of the features is the value, the second the gate.
  private func gated(
    _ block: FeedForward, _ both: Activations
  ) throws(InferenceError) -> Activations {
    let inner = both.width / 2
    var gate = Activations(batch: both.batch, length: both.length, width: inner)
    gate.values.removeAll(keepingCapacity: true)
    for row in 0..<both.rowCount {
      gate.values += both.values[(row * 2 * inner + inner)..<((row + 1) * 2 * inner)]
    }
    try activate(&gate, block)
    let factor = try weights.values(block.multiplicativeBias)
    let source = both.values.span
    var target = gate.values.mutableSpan
    for row in 0..<both.rowCount {
      var part = target.extractingMutable((row * inner)..<((row + 1) * inner))
      let start = row * 2 * inner
      Elementwise.multiply(&part, by: source.extracting(start..<(start + inner)))
      if let factor { Elementwise.multiply(&part, by: factor.span) }
    }
    return gate
  }

  private func activate(
    _ x: inout Activations, _ block: FeedForward
  ) throws(InferenceError) {
    guard block.activation == .solu else {
      var span = x.values.mutableSpan
      Elementwise.activate(&span, block.activation)
      return
    }
    let (copy, rows, width) = (x.values, x.rowCount, x.width)
    var span = x.values.mutableSpan
    Elementwise.softmax(&span, rows: rows, count: width, stride: width)
    Elementwise.multiply(&span, by: copy.span)
    if let norm = block.soluNorm { try apply(norm, to: &x, condition: nil) }
  }
}

extension MutableSpan where Element == Float {
  /// The elements of `range`, for writing.
  @_lifetime(&self)
  mutating func extractingMutable(_ range: Range<Int>) -> MutableSpan<Float> {
    _mutatingExtracting(range)
  }
}
