internal import TransformerGraph

extension ForwardPass {
  /// The features behind the stack, `[b, n, d]`, memory tokens taken away again; class tokens still in front.
  func features(
    _ wrapper: TransformerWrapper, _ input: ModelInput, state: inout PassState
  ) throws(InferenceError) -> Activations {
    guard wrapper.carried.isEmpty else {
      throw .unsupported(path: "", options: wrapper.carried.options)
    }
    guard let tokens = input.tokens else {
      throw .missingInput(name: "--tokens", reason: "the model takes token ids")
    }
    let offset = state.cache?.length ?? 0
    try Self.check(wrapper, tokens, input, offset: offset)
    var x = try apply(wrapper.tokenEmbedding, to: tokens, name: "--tokens")
    if let position = wrapper.positionalEmbedding { try add(position, to: &x, offset: offset) }
    try addNamed(wrapper, input, to: &x)
    if let norm = wrapper.postEmbeddingNorm { try apply(norm, to: &x, condition: nil) }
    if let projection = wrapper.projectEmbedding { x = try apply(projection, to: x) }
    x = try prepend(wrapper.classTokens, to: x, &state)
    let count = x.length
    x = try prepend(wrapper.memoryTokens, to: x, &state)
    x = try apply(wrapper.layers, to: x, state: &state)
    if let norm = wrapper.wrapperNorm { try apply(norm, to: &x, condition: nil) }
    return x.length == count ? x : x.cut((x.length - count)..<x.length)
  }

  /// Logits, or features where the wrapper has no head.
  func output(
    _ wrapper: TransformerWrapper, _ input: ModelInput, state: inout PassState
  ) throws(InferenceError) -> ModelOutput {
    let mask = state.mask
    var x = try features(wrapper, input, state: &state)
    var isPooled = false
    if let classTokens = wrapper.classTokens {
      let count = classTokens.shape[0]
      x = x.cut(0..<count)
      isPooled = count == 1
    } else if wrapper.averagesPool {
      x = x.mean(mask)
      isPooled = true
    }
    let shape = isPooled ? [x.batch] : [x.batch, x.length]
    guard !input.returnsEmbeddings else {
      return ModelOutput(values: x.values, shape: shape + [x.width])
    }
    switch wrapper.head {
    case .embeddings:
      return ModelOutput(values: x.values, shape: shape + [x.width])
    case .tied(let scale):
      let table = wrapper.tokenEmbedding.weight
      var y = Activations(batch: x.batch, length: x.length, width: table.shape[0])
      try multiply(x, by: table, into: &y, alpha: Float(scale))
      return ModelOutput(values: y.values, shape: shape + [y.width])
    case .linear(let heads):
      var values: [Float] = []
      for head in heads { values += try apply(head, to: x).values }
      let width = heads.first?.outputCount ?? 0
      return ModelOutput(
        values: values, shape: (heads.count > 1 ? [heads.count] : []) + shape + [width])
    }
  }

  private static func check(
    _ wrapper: TransformerWrapper, _ tokens: ModelInput.Tokens, _ input: ModelInput, offset: Int
  ) throws(InferenceError) {
    guard tokens.length > 0, tokens.batch > 0 else {
      throw .shapeMismatch(
        input: "--tokens", expected: "[b, n] with at least one token",
        found: [tokens.batch, tokens.length])
    }
    if let mask = input.mask, mask.batch != tokens.batch || mask.length != tokens.length {
      throw .shapeMismatch(
        input: "--mask", expected: "\([tokens.batch, tokens.length])",
        found: [mask.batch, mask.length])
    }
    if case .absolute(let table, _, _)? = wrapper.positionalEmbedding,
      tokens.length + offset > table.shape[0]
    {
      throw .sequenceTooLong(length: tokens.length + offset, maximum: table.shape[0])
    }
    for name in input.embedIDs.keys
    where !wrapper.namedEmbeddings.contains(where: { $0.name == name }) {
      throw .unexpectedInput(
        name: "--embed-ids \(name)", reason: "embed_num_tokens has no such name")
    }
  }

  private func addNamed(
    _ wrapper: TransformerWrapper, _ input: ModelInput, to x: inout Activations
  ) throws(InferenceError) {
    for embedding in wrapper.namedEmbeddings {
      guard let ids = input.embedIDs[embedding.name] else {
        throw .missingInput(
          name: "--embed-ids \(embedding.name)=FILE", reason: "the model has that embedding")
      }
      guard ids.batch == x.batch, ids.length == x.length else {
        throw .shapeMismatch(
          input: "--embed-ids \(embedding.name)", expected: "\([x.batch, x.length])",
          found: [ids.batch, ids.length])
      }
      let more = try rows(ids, of: embedding.weight, name: "--embed-ids \(embedding.name)")
      var span = x.values.mutableSpan
      Elementwise.add(more.values.span, to: &span)
    }
  }

  /// Puts learned tokens in front of each sequence; they are always visible.
  func prepend(
    _ tokens: Parameter?, to x: Activations, _ state: inout PassState
  ) throws(InferenceError) -> Activations {
    guard let tokens else { return x }
    state.mask = state.mask?.padded(by: tokens.shape[0])
    return x.joined(with: try weights.values(tokens))
  }
}

extension Activations {
  /// The mean over the tokens that are there: `Σ / max(count, 1e-5)`.
  func mean(_ mask: Mask?) -> Activations {
    var result = Activations(batch: batch, length: 1, width: width)
    for item in 0..<batch {
      var count: Float = 0
      for position in 0..<length where mask?.values[item * length + position] ?? true {
        count += 1
        for column in 0..<width {
          result.values[item * width + column] += values[range(item, position).lowerBound + column]
        }
      }
      let divisor = max(count, 1e-5)
      for column in 0..<width { result.values[item * width + column] /= divisor }
    }
    return result
  }
}
