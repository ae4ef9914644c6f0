#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

extension ForwardPass {
  /// A ContinuousTransformerWrapper on features.
  func output(
    _ wrapper: ContinuousTransformerWrapper, _ input: ModelInput, state: inout PassState
  ) throws(InferenceError) -> ModelOutput {
    let inputWidth = wrapper.projectIn?.inputCount ?? wrapper.layers.dimension
    var x = try input.features(inputWidth)
    let mask = state.mask
    if let projection = wrapper.projectIn { x = try apply(projection, to: x) }
    if let position = wrapper.positionalEmbedding { try add(position, to: &x, offset: 0) }
    if let norm = wrapper.postEmbeddingNorm { try apply(norm, to: &x, condition: nil) }
    let count = x.length
    x = try prepend(wrapper.memoryTokens, to: x, &state)
    x = try apply(wrapper.layers, to: x, state: &state)
    if let norm = wrapper.wrapperNorm { try apply(norm, to: &x, condition: nil) }
    if x.length > count { x = x.cut((x.length - count)..<x.length) }
    if wrapper.averagesPool { x = x.mean(mask) }
    let shape = wrapper.averagesPool ? [x.batch] : [x.batch, x.length]
    if input.returnsEmbeddings {
      return ModelOutput(values: x.values, shape: shape + [x.width])
    }
    if let projection = wrapper.projectOut { x = try apply(projection, to: x) }
    guard wrapper.isProbabilistic else {
      return ModelOutput(values: x.values, shape: shape + [x.width])
    }
    // Features are pairs of mean and log variance; the output is all means, then all variances.
    let pairs = x.values.count / 2
    let means = (0..<pairs).map { x.values[2 * $0] }
    let variances = (0..<pairs).map { expf(x.values[2 * $0 + 1]) }
    return ModelOutput(values: means + variances, shape: [2] + shape + [x.width / 2])
  }

  /// A ViTransformerWrapper on patches, `[b, patches, patch² · channels]`.
  func output(
    _ wrapper: ViTransformerWrapper, _ patches: ModelInput.Features, _ input: ModelInput,
    state: inout PassState
  ) throws(InferenceError) -> ModelOutput {
    var x = Activations(
      patches.values, batch: patches.batch, length: patches.length, width: patches.width)
    try apply(wrapper.patchNorm, to: &x, condition: nil)
    x = try apply(wrapper.patchProjection, to: x)
    try apply(wrapper.embeddingNorm, to: &x, condition: nil)
    let positions: [Float] = try weights.values(wrapper.positions)
    for index in x.values.indices {
      x.values[index] += positions[index % (x.length * x.width)]
    }
    if let norm = wrapper.postEmbeddingNorm { try apply(norm, to: &x, condition: nil) }
    let count = x.length
    if let registers = wrapper.registerTokens {
      x = x.joined(with: try weights.values(registers), inFront: false)
    }
    x = try apply(wrapper.layers, to: x, state: &state)
    if x.length > count { x = x.cut(0..<count) }
    guard !input.returnsEmbeddings else {
      return ModelOutput(values: x.values, shape: [x.batch, x.length, x.width])
    }
    x = x.mean(nil)
    if let head = wrapper.head { x = try apply(head, to: x) }
    return ModelOutput(values: x.values, shape: [x.batch, x.width])
  }
}
