#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

extension ForwardPass {
  /// Logits, or features where the wrapper has no head.
  func output(
    _ wrapper: TransformerWrapper, _ input: ModelInput, state: inout PassState
  ) throws(InferenceError) -> ModelOutput {
    let mask = state.mask
    var x = try features(wrapper, input, state: &state)
    var isPooled = false
    if let classTokens = wrapper.classTokens {
      let count = classTokens.tokenCount
      x = x.cut(0..<count)
      isPooled = count == 1
    } else if wrapper.averagesPool {
      x = x.mean(mask)
      isPooled = true
    } else if state.givesLastOnly {
      x = x.cut((x.length - 1)..<x.length)
    }
    let shape = isPooled ? [x.batch] : [x.batch, x.length]
    if case .embeddings = wrapper.head {
      return ModelOutput(values: x.values, shape: shape + [x.width])
    }
    if input.returnsEmbeddings { return ModelOutput(values: x.values, shape: shape + [x.width]) }
    if let pool = wrapper.pool, !wrapper.layers.isCausal {
      return try pooled(pool, x, mask: state.mask)
    }
    var output = try logits(wrapper, x, shape)
    if wrapper.squeezesLastDimension, output.shape.last == 1 { output.shape.removeLast() }
    return output
  }

  private func logits(
    _ wrapper: TransformerWrapper, _ x: Activations, _ shape: [Int]
  ) throws(InferenceError) -> ModelOutput {
    if let mixture = wrapper.mixture { return try mixed(mixture, wrapper, x, shape) }
    guard case .linear(let heads) = wrapper.head, heads.count > 1 else {
      let y = try headLogits(wrapper, x)
      return ModelOutput(values: y.values, shape: shape + [y.width])
    }
    var values: [Float] = []
    for head in heads { values += try apply(head, to: x).values }
    return ModelOutput(
      values: values, shape: [heads.count] + shape + [heads.first?.outputCount ?? 0])
  }

  /// The logits of a single head.
  private func headLogits(
    _ wrapper: TransformerWrapper, _ x: Activations
  ) throws(InferenceError) -> Activations {
    var y: Activations
    switch wrapper.head {
    case .embeddings: y = x
    case .linear(let heads):
      y = try heads.first.map { h throws(InferenceError) in try apply(h, to: x) } ?? x
    case .factored(let down, let up): y = try apply(up, to: try apply(down, to: x))
    case .tied(let scale):
      y = try product(x, wrapper.tokenEmbedding.weight, scale: Float(scale))
    }
    if wrapper.usesSigSoftmax {
      for index in y.values.indices {
        y.values[index] += logf(Self.logistic(y.values[index]))
      }
    }
    return y
  }

  /// `log Σ_k π_k · softmax(logits of the features k)`.
  private func mixed(
    _ mixture: TransformerWrapper.SoftmaxMixture, _ wrapper: TransformerWrapper, _ x: Activations,
    _ shape: [Int]
  ) throws(InferenceError) -> ModelOutput {
    var parts = try apply(mixture.toWeights, to: x)
    let count = parts.width
    do {
      let rows = parts.rowCount
      var span = parts.values.mutableSpan
      Elementwise.softmax(&span, rows: rows, count: count)
    }
    let features = Activations(
      try apply(mixture.toFeatures, to: x).values, batch: x.batch, length: x.length * count,
      width: x.width)
    var logits = try headLogits(wrapper, features)
    let width = logits.width
    do {
      let rows = logits.rowCount
      var span = logits.values.mutableSpan
      Elementwise.softmax(&span, rows: rows, count: width)
    }
    var values = [Float](repeating: 0, count: x.rowCount * width)
    for index in logits.values.indices {
      values[index / width / count * width + index % width] +=
        logits.values[index] * parts.values[index / width]
    }
    for index in values.indices { values[index] = logf(max(values[index], 1e-20)) }
    return ModelOutput(values: values, shape: shape + [width])
  }

  /// What learned queries make of an encoder's output, `[b, tokens, d]`.
  private func pooled(
    _ pool: AttentionPool, _ x: Activations, mask: Mask?
  ) throws(InferenceError) -> ModelOutput {
    let count = pool.queries.shape[0]
    let rows: [Float] = try weights.values(pool.queries)
    let queries = Activations(
      (0..<x.batch).flatMap { _ in rows }, batch: x.batch, length: count,
      width: pool.queries.shape[1])
    var state = PassState(ModelInput())
    (state.context, state.contextMask) = (x, mask)
    let output: Activations
    switch pool.pooler {
    case .attention(let block):
      let inputs = AttentionInputs(queries, attendingTo: x)
      output = try apply(block, to: inputs, isCross: true, state: &state)
    case .layers(let layers):
      output = try apply(layers, to: queries, state: &state)
    }
    return ModelOutput(values: output.values, shape: [x.batch, count, output.width])
  }
}
