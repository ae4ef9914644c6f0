internal import TransformerGraph

extension ForwardPass {
  /// What a residual gives its block, and keeps for what comes out of it.
  struct Branch {
    /// The block's input; three of them where queries, keys and values have their own.
    var views: [Activations]
    /// What the output is joined with.
    var rest: Activations
    /// How much of the output each stream gets, `[b, n, s]`, where there are several.
    var shares: Activations?
  }

  /// The input of a residual's block.
  func branch(_ residual: Residual, _ x: Activations) throws(InferenceError) -> Branch {
    switch residual {
    case .sum, .gated, .orthogonal, .meanVarianceSplit: Branch(views: [x], rest: x)
    case .hyperConnection(let module): try branch(module, x)
    case .gatedMulti(let module): try branch(module, x)
    }
  }

  /// Joins a block's output `y` with what it was computed from.
  func apply(
    _ residual: Residual, output y: Activations, branch: Branch, mask: Mask?
  ) throws(InferenceError) -> Activations {
    let r = branch.rest
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
    case .orthogonal(let scale):
      let scaled = try scaled(r, by: scale)
      return scaled.sum(with: y.orthogonal(to: scaled))
    case .meanVarianceSplit(let module):
      return try apply(module, y, r, mask)
    case .hyperConnection, .gatedMulti:
      return r.adding(y, shares: branch.shares)
    }
  }

  /// `r + (y − mean y) · beta + (mean y − mean r) · alpha`.
  private func apply(
    _ module: MeanVarianceSplit, _ y: Activations, _ r: Activations, _ mask: Mask?
  ) throws(InferenceError) -> Activations {
    let (meanY, meanR) = (y.mean(mask), r.mean(mask))
    let alpha: [Float]
    let beta: [Float]
    switch module.factors {
    case .given(let a, let b): (alpha, beta) = (try weights.values(a), try weights.values(b))
    case .learned(let toAlpha, let toBeta):
      alpha = try apply(toAlpha, to: meanY).values
      beta = try apply(toBeta, to: meanY).values
    }
    var result = r
    let width = r.width
    for index in result.values.indices {
      let mean = index / (r.length * width) * width + index % width
      let factor = mean % alpha.count
      result.values[index] +=
        (y.values[index] - meanY.values[mean]) * beta[factor]
        + (meanY.values[mean] - meanR.values[mean]) * alpha[factor]
    }
    return result
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
    let fromInput = try product(x, cell.inputWeight, bias: cell.inputBias)
    let fromHidden = try product(h, cell.hiddenWeight, bias: cell.hiddenBias)
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
}
