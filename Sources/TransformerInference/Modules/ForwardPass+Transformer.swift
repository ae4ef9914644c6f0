#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

extension ForwardPass {
  /// The features behind the stack, `[b, n, d]`, memory tokens taken away again; class tokens still in front.
  func features(
    _ wrapper: TransformerWrapper, _ input: ModelInput, state: inout PassState
  ) throws(InferenceError) -> Activations {
    guard let tokens = input.tokens else {
      throw .missingInput(name: "--tokens", reason: "the model takes token ids")
    }
    let offset = state.cache?.length ?? 0
    var x = try apply(wrapper.tokenEmbedding, to: tokens, name: "--tokens")
    if let position = wrapper.positionalEmbedding { try add(position, to: &x, offset: offset) }
    try addNamed(wrapper, input, to: &x)
    if let norm = wrapper.postEmbeddingNorm { try apply(norm, to: &x, condition: nil) }
    if let projection = wrapper.projectEmbedding { x = try apply(projection, to: x) }
    x = try prepend(wrapper.classTokens, to: x, &state)
    let count = x.length
    if let memories = wrapper.memoryTokens, let interval = wrapper.memoryInterval {
      x = x.interspersed(try weights.values(memories), every: interval, tokenCount: tokens.length)
    } else {
      x = try prepend(wrapper.memoryTokens, to: x, &state)
    }
    let deepFactors = try deepFactors(wrapper, tokens)
    x = try recur(wrapper, x, input) { x throws(InferenceError) in
      state.deepFactors = deepFactors[...]
      return try apply(wrapper.layers, to: x, state: &state)
    }
    if let norm = wrapper.wrapperNorm { try apply(norm, to: &x, condition: nil) }
    if let memories = wrapper.memoryTokens, let interval = wrapper.memoryInterval {
      return x.withoutInterspersed(memories.shape[0], every: interval).cut(0..<count)
    }
    return x.length == count ? x : x.cut((x.length - count)..<x.length)
  }

  /// Runs the stack as often as the wrapper does.
  private func recur(
    _ wrapper: TransformerWrapper, _ x: Activations, _ input: ModelInput,
    _ run: (Activations) throws(InferenceError) -> Activations
  ) throws(InferenceError) -> Activations {
    switch wrapper.recurrence {
    case .none: return try run(x)
    case .looped(let count, _):
      var x = x
      for _ in 0..<(input.loopCount ?? count) { x = try run(x) }
      return x
    case .recycling(let projection):
      var output = try run(x)
      for _ in 1..<max(1, input.recycleCount ?? 1) {
        output = try run(x.sum(with: apply(projection, to: output)))
      }
      return output
    }
  }

  /// The factors of each feed-forward block for the tokens, `[b, n, d]`.
  private func deepFactors(
    _ wrapper: TransformerWrapper, _ tokens: ModelInput.Tokens
  ) throws(InferenceError) -> [Activations] {
    guard let table = wrapper.deepEmbedding else { return [] }
    let (depth, width) = (table.shape[1], table.shape[2])
    var factors = (0..<depth).map { _ in
      Activations(batch: tokens.batch, length: tokens.length, width: width)
    }
    for (index, id) in tokens.ids.enumerated() {
      let rows = try weights.rows(id..<(id + 1), of: table)
      for layer in 0..<depth {
        factors[layer].values.replaceSubrange(
          (index * width)..<((index + 1) * width),
          with: rows[(layer * width)..<((layer + 1) * width)])
      }
    }
    return factors
  }

  private func addNamed(
    _ wrapper: TransformerWrapper, _ input: ModelInput, to x: inout Activations
  ) throws(InferenceError) {
    for embedding in wrapper.namedEmbeddings {
      guard let ids = input.embedIDs[embedding.name] else { continue }
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
    state.mask = state.mask?.padded(by: tokens.tokenCount)
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

  /// The tokens with `rows` in front of every `interval` of them; the last ones are filled up with zeros.
  func interspersed(_ rows: [Float], every interval: Int, tokenCount: Int) -> Activations {
    let padding = (tokenCount + interval - 1) / interval * interval - tokenCount
    let padded = joined(with: [Float](repeating: 0, count: padding * width), inFront: false)
    let groups = Activations(
      padded.values, batch: batch * (padded.length / interval), length: interval, width: width)
    let joined = groups.joined(with: rows)
    return Activations(
      joined.values, batch: batch, length: joined.rowCount / batch, width: width)
  }

  /// These tokens without the `count` in front of every `interval`.
  func withoutInterspersed(_ count: Int, every interval: Int) -> Activations {
    let groups = Activations(
      values, batch: rowCount / (count + interval), length: count + interval, width: width)
    let kept = groups.cut(count..<(count + interval))
    return Activations(kept.values, batch: batch, length: kept.rowCount / batch, width: width)
  }
}

extension Parameter {
  /// How many tokens it is: one where it has no leading extent.
  var tokenCount: Int { shape.count == 1 ? 1 : shape[0] }
}
