internal import TransformerGraph

extension ForwardPass {
  /// A block's inputs, made of what all blocks so far were made of; the last of `inputs` is its own.
  func integrate(
    _ integrator: LayerIntegrator, _ inputs: [Activations]
  ) throws(InferenceError) -> [Activations] {
    guard let latest = inputs.last else { return [] }
    switch integrator {
    case .weights(let module):
      return Self.mixed(inputs, try weights(module, latest), viewCount: module.viewCount)
    case .attention(let module):
      return Self.mixed(inputs, try weights(module, inputs, latest), viewCount: module.viewCount)
    }
  }

  /// LIMe: `[b, n, v · l]`.
  private func weights(
    _ module: DynamicLIMe, _ latest: Activations
  ) throws(InferenceError) -> Activations {
    var x = latest
    try apply(module.norm, to: &x, condition: nil)
    var result = try apply(module.toWeights, to: x)
    let count = result.width / module.viewCount
    let rows = result.rowCount * module.viewCount
    var span = result.values.mutableSpan
    if module.usesSoftmax {
      Elementwise.softmax(&span, rows: rows, count: count)
    } else {
      Elementwise.activate(&span, .relu)
    }
    return result
  }

  /// Attention residuals: the same, by the products of a query with all inputs.
  private func weights(
    _ module: AttentionResidual, _ inputs: [Activations], _ latest: Activations
  ) throws(InferenceError) -> Activations {
    let (views, width) = (module.viewCount, latest.width)
    var normed = latest
    try apply(module.queryInputNorm, to: &normed, condition: nil)
    let delta = try apply(module.toQuery, to: normed)
    var query = Activations(
      batch: latest.batch, length: latest.length * views, width: width)
    for index in query.values.indices {
      query.values[index] =
        delta.values[index] + latest.values[index / width / views * width + index % width]
    }
    try apply(module.queryNorm, to: &query, condition: nil)
    var keys = inputs
    for index in keys.indices { try apply(module.keyNorm, to: &keys[index], condition: nil) }
    var result = Activations(
      batch: latest.batch, length: latest.length, width: views * inputs.count)
    let scale = 1 / Float(width).squareRoot()
    for index in result.values.indices {
      let (row, layer) = (index / inputs.count, index % inputs.count)
      let from = row / views * width
      result.values[index] =
        (0..<width).reduce(Float(0)) {
          $0 + query.values[row * width + $1] * keys[layer].values[from + $1]
        } * scale
    }
    let rows = result.rowCount * views
    var span = result.values.mutableSpan
    Elementwise.softmax(&span, rows: rows, count: inputs.count)
    return result
  }

  private static func mixed(
    _ inputs: [Activations], _ weights: Activations, viewCount: Int
  ) -> [Activations] {
    let width = inputs[0].width
    return (0..<viewCount).map { view in
      var result = Activations(
        batch: inputs[0].batch, length: inputs[0].length, width: width)
      for row in 0..<result.rowCount {
        for (layer, input) in inputs.enumerated() {
          let weight = weights.values[row * weights.width + view * inputs.count + layer]
          for place in (row * width)..<((row + 1) * width) {
            result.values[place] += weight * input.values[place]
          }
        }
      }
      return result
    }
  }
}
