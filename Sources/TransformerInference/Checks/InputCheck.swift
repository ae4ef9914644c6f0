internal import TransformerGraph

/// Looks whether a model can run on an input, before any arithmetic.
struct InputCheck {
  let input: ModelInput

  func check(_ model: Model, path: String = "") throws(InferenceError) {
    switch model {
    case .transformer(let wrapper):
      try check(wrapper, path: path)
    case .continuous(let wrapper):
      try refuse(wrapper.carried, path)
      let embeds = try embeds(wrapper.projectIn?.inputCount ?? wrapper.layers.dimension)
      if case .absolute(let table, _, _)? = wrapper.positionalEmbedding {
        try checkLength(embeds.length, table.shape[0])
      }
      try checkStack(
        wrapper.layers, path, embeds.batch, embeds.length,
        front: wrapper.memoryTokens?.shape[0] ?? 0)
    case .vision(let wrapper):
      let patches = try patches(wrapper)
      try refuseTokens()
      try refuseOptions(isPrefix: false)
      guard input.mask == nil else {
        throw .unexpectedInput(name: "--mask", reason: "a ViTransformerWrapper takes none")
      }
      try checkStack(
        wrapper.layers, path, patches.batch, patches.length,
        front: wrapper.registerTokens?.shape[0] ?? 0)
    case .layers(let layers):
      let embeds = try embeds(layers.dimension)
      try checkStack(layers, path, embeds.batch, embeds.length, front: 0, isBare: true)
    case .encoderDecoder(let encoder, let decoder):
      try check(encoder: encoder, decoder: decoder, path: path)
    case .wrapped(let inner, _, let carried):
      try refuse(carried, path)
      try check(inner, path: join(path, "net"))
    }
  }

  private func check(_ wrapper: TransformerWrapper, path: String) throws(InferenceError) {
    try refuse(wrapper.carried, path)
    guard input.source == nil else {
      throw .unexpectedInput(name: "--source", reason: "only an XTransformer has an encoder")
    }
    guard input.embeds == nil, input.image == nil else {
      throw .unexpectedInput(name: "--embeds", reason: "the model takes token ids")
    }
    let tokens = try checkTokens(input.tokens, of: wrapper, name: "--tokens")
    try checkNamed(wrapper, tokens)
    try checkRecurrence(wrapper)
    let classCount = wrapper.classTokens?.tokenCount ?? 0
    let memoryCount = wrapper.memoryTokens?.shape[0] ?? 0
    let hasFeedForward = wrapper.layers.layers.contains { $0.attention == nil }
    if wrapper.deepEmbedding != nil, classCount + memoryCount > 0, hasFeedForward,
      tokens.length > 1
    {
      throw impossible(path, "ff_deep_embed excludes memory and class tokens")
    }
    if wrapper.mixture != nil, input.returnsEmbeddings || wrapper.head.isEmpty {
      throw impossible(path, "mixture_of_softmax needs a head, and gives no embeddings")
    }
    try checkPool(wrapper, path, memoryCount: memoryCount)
    var front = classCount + memoryCount
    if let interval = wrapper.memoryInterval, memoryCount > 0 {
      front = try interspersed(wrapper, path, tokens.length, interval)
    }
    try checkStack(wrapper.layers, path, tokens.batch, tokens.length, front: front)
  }

  private func checkPool(
    _ wrapper: TransformerWrapper, _ path: String, memoryCount: Int
  ) throws(InferenceError) {
    guard wrapper.pool != nil, !wrapper.layers.isCausal else { return }
    guard !wrapper.averagesPool, input.mask == nil || memoryCount == 0 else {
      throw impossible(
        path, "attn_pool excludes average_pool_embed, and memory tokens together with a mask")
    }
  }

  /// How many tokens stand between and in front of the others.
  private func interspersed(
    _ wrapper: TransformerWrapper, _ path: String, _ length: Int, _ interval: Int
  ) throws(InferenceError) -> Int {
    guard wrapper.layers.kind == .decoder else {
      throw impossible(path, "memory_tokens_interspersed_every needs a Decoder")
    }
    guard input.mask == nil else {
      throw .unexpectedInput(
        name: "--mask", reason: "interspersed memory tokens leave no place for one")
    }
    let classCount = wrapper.classTokens?.tokenCount ?? 0
    guard classCount.isMultiple(of: interval) else {
      throw impossible(path, "class tokens do not fit between interspersed memory tokens")
    }
    let groups = (length + interval - 1) / interval + classCount / interval
    return groups * (interval + (wrapper.memoryTokens?.shape[0] ?? 0)) - length
  }

  private func checkRecurrence(_ wrapper: TransformerWrapper) throws(InferenceError) {
    let isRecycling = if case .recycling = wrapper.recurrence { true } else { false }
    let isLooped = if case .looped = wrapper.recurrence { true } else { false }
    if isRecycling, input.recycleCount ?? 0 < 1 {
      throw .missingInput(
        name: "--forward recycle_steps=N", reason: "the model is run several times, 1 or more")
    }
    if !isRecycling, input.recycleCount != nil {
      throw .unexpectedInput(
        name: "--forward recycle_steps", reason: "the model is made without recycling")
    }
    if !isLooped, input.loopCount != nil {
      throw .unexpectedInput(
        name: "--forward looped_steps", reason: "the model is made without looped")
    }
    if isLooped, input.loopCount ?? 1 < 1 {
      throw .missingInput(
        name: "--forward looped_steps=N", reason: "the model is run 1 time or more")
    }
  }

  private func check(
    encoder: TransformerWrapper, decoder: TransformerWrapper, path: String
  ) throws(InferenceError) {
    guard input.embeds == nil, input.image == nil else {
      throw .unexpectedInput(name: "--embeds", reason: "an XTransformer takes token ids")
    }
    guard input.context == nil, input.contextMask == nil else {
      throw .unexpectedInput(name: "--context", reason: "an XTransformer makes its own of --source")
    }
    let source = try checkTokens(input.source, of: encoder, name: "--source")
    let tokens = try checkTokens(input.tokens, of: decoder, name: "--tokens")
    guard source.batch == tokens.batch else {
      throw .shapeMismatch(
        input: "--source", expected: "[\(tokens.batch), m]", found: [source.batch, source.length])
    }
    try checkMask(input.sourceMask, "--source-mask", source.batch, source.length)
    var own = ModelInput()
    (own.tokens, own.mask) = (source, input.sourceMask)
    own.condition = input.condition
    try InputCheck(input: own).check(encoder, path: join(path, "encoder"))
    var other = input
    (other.source, other.sourceMask) = (nil, nil)
    other.context = ModelInput.Features(
      shapeOnly: (source.batch, source.length, encoder.layers.dimension))
    try InputCheck(input: other).check(decoder, path: join(path, "decoder"))
  }
}
