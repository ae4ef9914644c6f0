internal import TransformerGraph

extension ForwardPass {
  /// Joins a block's output `y` with what it was computed from.
  func apply(
    _ residual: Residual, output y: Activations, input r: Activations
  ) throws(InferenceError) -> Activations {
    switch residual {
    case .sum(let scale, let constant):
      var sum = try scaled(r, by: scale)
      if constant != 1 {
        var span = sum.values.mutableSpan
        Elementwise.scale(&span, by: Float(constant))
      }
      var span = sum.values.mutableSpan
      Elementwise.add(y.values.span, to: &span)
      return sum
    case .gated(let cell, let scale):
      return try apply(cell, input: y, hidden: scaled(r, by: scale))
    case .carried(let carried):
      throw .unsupported(path: "", options: carried.options)
    }
  }

  private func scaled(
    _ x: Activations, by scale: Parameter?
  ) throws(InferenceError) -> Activations {
    guard let scale = try weights.values(scale) else { return x }
    var result = x
    let width = x.width
    var span = result.values.mutableSpan
    for row in 0..<x.rowCount {
      var part = span.extractingMutable((row * width)..<((row + 1) * width))
      Elementwise.multiply(&part, by: scale.span)
    }
    return result
  }

  /// `torch.nn.GRUCell`: `(1 − z) · n + z · h`.
  private func apply(
    _ cell: GatedRecurrentCell, input x: Activations, hidden h: Activations
  ) throws(InferenceError) -> Activations {
    let width = h.width
    let fromInput = try affine(x, cell.inputWeight, cell.inputBias)
    let fromHidden = try affine(h, cell.hiddenWeight, cell.hiddenBias)
    var gates = fromInput
    for row in 0..<x.rowCount {
      for column in 0..<(2 * width) {
        let position = row * 3 * width + column
        gates.values[position] += fromHidden.values[position]
      }
    }
    var result = h
    for row in 0..<x.rowCount {
      for column in 0..<width {
        let start = row * 3 * width + column
        let reset = Self.logistic(gates.values[start])
        let update = Self.logistic(gates.values[start + width])
        let new = Self.tangent(
          fromInput.values[start + 2 * width] + reset * fromHidden.values[start + 2 * width])
        let position = row * width + column
        result.values[position] = (1 - update) * new + update * h.values[position]
      }
    }
    return result
  }

  private func affine(
    _ x: Activations, _ weight: Parameter, _ bias: Parameter
  ) throws(InferenceError) -> Activations {
    var y = Activations(batch: x.batch, length: x.length, width: weight.shape[0])
    y.values.removeAll(keepingCapacity: true)
    let values: [Float] = try weights.values(bias)
    for _ in 0..<x.rowCount { y.values += values }
    try multiply(x, by: weight, into: &y, beta: 1)
    return y
  }
}
