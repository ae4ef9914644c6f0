internal import TransformerGraph

extension ModelRunner {
  /// Continues each sequence by `count` tokens, always the likeliest one; the tokens given stay in front.
  ///
  /// Keys and values of earlier tokens are kept, so that each step runs one token; the result is that of running
  /// the whole sequence every time.
  ///
  /// - Throws: `unexpectedInput` where the model is no causal decoder of tokens.
  public func generate(
    _ count: Int, after input: ModelInput, model name: String? = nil
  ) throws(InferenceError) -> ModelInput.Tokens {
    let (decoder, context) = try decoder(for: input, model(named: name))
    guard decoder.layers.isCausal, case .some(var tokens) = input.tokens else {
      throw .unexpectedInput(
        name: "--generate", reason: "only a causal decoder of tokens can continue a sequence")
    }
    guard Self.givesTokenLogits(decoder) else {
      throw .unexpectedInput(
        name: "--generate", reason: "the model does not give one row of logits for each token")
    }
    guard input.mask == nil else {
      throw .unexpectedInput(name: "--mask", reason: "sequences to continue have no gaps")
    }
    if case .absolute(let table, _, _)? = decoder.positionalEmbedding,
      tokens.length + count > table.shape[0]
    {
      throw .sequenceTooLong(length: tokens.length + count, maximum: table.shape[0])
    }
    var cache = Self.canCache(decoder) && input.condition == nil ? KeyValueCache() : nil
    for _ in 0..<count {
      var step = input
      step.tokens = cache.map { tokens.suffix(tokens.length - $0.length) } ?? tokens
      var state = PassState(step)
      (state.context, state.contextMask) = context
      state.givesLastOnly = true
      // Moved, not copied: the cache grows in place.
      state.cache = cache.take()
      let output = try pass.output(decoder, step, state: &state)
      cache = state.cache.take()
      cache?.endPass(length: tokens.length)
      tokens.append(try Self.likeliest(output))
    }
    return tokens
  }

  /// Whether the output is one row of logits for each token.
  private static func givesTokenLogits(_ wrapper: TransformerWrapper) -> Bool {
    guard !wrapper.averagesPool, wrapper.pool == nil, wrapper.classTokens == nil else {
      return false
    }
    switch wrapper.head {
    case .embeddings: return false
    case .linear(let heads): return heads.count == 1
    case .tied, .factored: return true
    }
  }

  /// Whether a token's features depend on earlier ones through keys and values alone, so that one token can be
  /// run at a time.
  private static func canCache(_ wrapper: TransformerWrapper) -> Bool {
    let layers = wrapper.layers
    return wrapper.memoryTokens == nil && wrapper.classTokens == nil && !layers.carriesLogits
      && !layers.carriesCrossLogits && !layers.addsValueResidual && layers.rotary?.scale == nil
      && layers.polar == nil && layers.infusedFrequencies == nil
      && layers.layers.allSatisfy(canCache)
  }

  private static func canCache(_ layer: AttentionLayers.Layer) -> Bool {
    switch layer.residual {
    case .orthogonal, .meanVarianceSplit: return false
    case .sum, .gated, .hyperConnection, .gatedMulti: break
    }
    guard layer.shiftedTokenCount == 0 else { return false }
    guard case .attention(let block) = layer.block else { return true }
    let (kernel, bias) = (block.kernel, block.bias)
    return block.maxAttendPast == nil && kernel.normalizer != .inverted && !kernel.isSelective
      && kernel.orthogonalProjectionCount == 0 && bias.forgetGates == nil && bias.projection == nil
      && bias.contextual == nil
  }

  private typealias Context = (Activations?, Mask?)

  private func decoder(
    for input: ModelInput, _ model: Model
  ) throws(InferenceError) -> (TransformerWrapper, Context) {
    switch model {
    case .transformer(let wrapper):
      let state = PassState(input)
      return (wrapper, (state.context, state.contextMask))
    case .encoderDecoder(let encoder, let decoder):
      return (decoder, (try encode(input, encoder), input.sourceMask.map(Mask.init)))
    case .wrapped(let inner, _, _):
      return try self.decoder(for: input, inner)
    case .continuous, .vision, .layers:
      throw .unexpectedInput(name: "--generate", reason: "the model does not give token logits")
    }
  }

  /// The largest logit of each sequence's last token; of equal ones the first.
  private static func likeliest(_ output: ModelOutput) throws(InferenceError) -> [Int] {
    guard output.shape.count == 3 else {
      throw .unexpectedInput(name: "--generate", reason: "the model does not give token logits")
    }
    let (batch, length, width) = (output.shape[0], output.shape[1], output.shape[2])
    var ids: [Int] = []
    for item in 0..<batch {
      let start = (item * length + length - 1) * width
      var best = start
      for index in start..<(start + width) where output.values[index] > output.values[best] {
        best = index
      }
      ids.append(best - start)
    }
    return ids
  }
}

extension ModelInput.Tokens {
  /// The last `count` tokens of each sequence.
  fileprivate func suffix(_ count: Int) -> ModelInput.Tokens {
    var kept: [Int] = []
    for item in 0..<batch { kept += ids[((item + 1) * length - count)..<((item + 1) * length)] }
    return ModelInput.Tokens(kept, batch: batch, length: count)
  }

  /// Puts one more token behind each sequence.
  fileprivate mutating func append(_ next: [Int]) {
    var all: [Int] = []
    for item in 0..<batch { all += ids[(item * length)..<((item + 1) * length)] + [next[item]] }
    self = ModelInput.Tokens(all, batch: batch, length: length + 1)
  }
}
