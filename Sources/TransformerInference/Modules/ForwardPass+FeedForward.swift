#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

extension ForwardPass {
  /// The feed-forward block: `W2 · act(W1 · x + b1) + b2`, or with a gate `W2 · (value · act(gate))`.
  ///
  /// `factors` are multiplied into the output, where there are some.
  func apply(
    _ block: FeedForward, to x: Activations, factors: Activations? = nil
  ) throws(InferenceError) -> Activations {
    // The plain activations are applied to what each thread has just computed.
    let isFused = !block.isGated && block.softclamp == nil && block.activation != .solu
    var hidden = try apply(
      block.projectIn, to: x, activation: isFused ? block.activation : .identity)
    if let limit = block.softclamp, !block.isGated { hidden.softclamp(limit) }
    if block.isGated {
      hidden = try gated(block, hidden)
    } else if !isFused {
      try activate(&hidden, block)
    }
    if let norm = block.postActivationNorm { try apply(norm, to: &hidden, condition: nil) }
    var output = try apply(block.projectOut, to: hidden)
    if let factors { output.multiply(by: factors, plus: 0) }
    return output
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
    var both = both
    if let limits = block.gateSoftclamp {
      Self.activate(&gate, block.activation, softclamp: Float(limits.gate))
      both.softclamp(limits.values)
    } else {
      try activate(&gate, block)
    }
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

  /// `c · tanh(x / c) · Φ(x)`, or with `σ` for SiLU (arXiv 2607.24653).
  private static func activate(
    _ x: inout Activations, _ activation: FeedForward.Activation, softclamp limit: Float
  ) {
    let factors = x.values.map { value -> Float in
      activation == .silu ? logistic(value) : erfc(-value * Float(0.5).squareRoot()) / 2
    }
    x.softclamp(Double(limit))
    var span = x.values.mutableSpan
    Elementwise.multiply(&span, by: factors.span)
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
    Elementwise.softmax(&span, rows: rows, count: width)
    Elementwise.multiply(&span, by: copy.span)
    if let norm = block.soluNorm { try apply(norm, to: &x, condition: nil) }
  }
}

extension Activations {
  /// `c · tanh(x / c)`, in place.
  mutating func softclamp(_ limit: Double) {
    var span = values.mutableSpan
    Elementwise.softclamp(&span, Float(limit))
  }
}

extension MutableSpan where Element == Float {
  /// The elements of `range`, for writing.
  @_lifetime(&self)
  mutating func extractingMutable(_ range: Range<Int>) -> MutableSpan<Float> {
    _mutatingExtracting(range)
  }
}
