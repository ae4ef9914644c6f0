internal import TransformerGraph

/// Inputs made up for a model before and after a surgery: seeded tokens, and whatever else its forward
/// pass needs.
struct ProbeInput {
  private var random: ProbeRandom
  private let batch: Int
  private let length: Int
  private let given: ModelInput.Tokens?

  /// Inputs that fit both models: no sequence is longer than the positions of either.
  init(_ probe: FunctionComparison.Probe, for models: (before: Model, after: Model)) {
    random = ProbeRandom(seed: probe.seed)
    given = probe.tokens
    batch = given?.batch ?? probe.batch
    let limits = models.before.longestSequences + models.after.longestSequences
    length = given?.length ?? limits.filter { $0 > 0 }.reduce(probe.length, min)
  }

  /// The same input for both models.
  ///
  /// `tokensBefore` has, for each wrapper of the model, what its tokens stand for; nil: for themselves.
  mutating func inputs(
    for model: Model, tokensBefore: [[Int?]?]
  ) throws(InferenceError) -> (before: ModelInput, after: ModelInput) {
    var after = ModelInput()
    try fill(&after, model, tokensBefore)
    var before = after
    before.tokens = after.tokens.map { $0.mapped(by: tokensBefore.last ?? nil) }
    before.source = after.source.map { $0.mapped(by: tokensBefore.first ?? nil) }
    return (before, after)
  }

  private mutating func fill(
    _ input: inout ModelInput, _ model: Model, _ tokensBefore: [[Int?]?]
  ) throws(InferenceError) {
    switch model {
    case .transformer(let wrapper):
      input.tokens = try tokens(of: wrapper, tokensBefore.last ?? nil)
      for embedding in wrapper.namedEmbeddings {
        input.embedIDs[embedding.name] = drawn(from: Array(0..<embedding.weight.shape[0]))
      }
      if case .recycling = wrapper.recurrence { input.recycleCount = 2 }
      fillContext(&input, wrapper.layers)
      input.mask = presence
    case .continuous(let wrapper):
      input.embeds = features(wrapper.projectIn?.inputCount ?? wrapper.layers.dimension)
      fillContext(&input, wrapper.layers)
      input.mask = presence
    case .vision(let wrapper): input.embeds = features(wrapper.patchProjection.inputCount)
    case .layers(let layers):
      input.embeds = features(layers.dimension)
      fillContext(&input, layers)
      input.mask = presence
    case .encoderDecoder(let encoder, let decoder):
      input.source = drawn(from: try ids(of: encoder, tokensBefore.first ?? nil))
      input.sourceMask = presence
      input.tokens = try tokens(of: decoder, tokensBefore.last ?? nil)
      fillCondition(&input, encoder.layers.condition == nil ? decoder.layers : encoder.layers)
    case .wrapped(let inner, _, _): try fill(&input, inner, tokensBefore)
    }
  }

  /// The tokens that were given, in the numbers that they have afterwards, or drawn ones.
  private mutating func tokens(
    of wrapper: TransformerWrapper, _ tokensBefore: [Int?]?
  ) throws(InferenceError) -> ModelInput.Tokens {
    guard let given else { return drawn(from: try ids(of: wrapper, tokensBefore)) }
    guard let tokensBefore else { return given }
    var after: [Int: Int] = [:]
    for case (let position, let token?) in tokensBefore.enumerated() { after[token] = position }
    var ids: [Int] = []
    for token in given.ids {
      guard let id = after[token] else {
        throw .unexpectedInput(
          name: "--probe-tokens", reason: "the token \(token) is not in the vocabulary afterwards")
      }
      ids.append(id)
    }
    return ModelInput.Tokens(ids, batch: given.batch, length: given.length)
  }

  /// The tokens afterwards that stand for one before.
  private func ids(
    of wrapper: TransformerWrapper, _ tokensBefore: [Int?]?
  ) throws(InferenceError) -> [Int] {
    guard let tokensBefore else { return Array(0..<wrapper.tokenCount) }
    let known = tokensBefore.indices.filter { tokensBefore[$0] != nil }
    if known.isEmpty {
      throw .unexpectedInput(name: "--verify", reason: "no token is in both vocabularies")
    }
    return known
  }

  /// The last quarter of every second sequence is not there.
  private var presence: ModelInput.Presence {
    let flags = (0..<batch).flatMap { row in
      (0..<length).map { row % 2 == 0 || $0 < length - length / 4 }
    }
    return ModelInput.Presence(flags, batch: batch, length: length)
  }

  /// What cross-attention attends to, as wide as its keys' projection takes, and what norms depend on.
  private mutating func fillContext(_ input: inout ModelInput, _ layers: AttentionLayers) {
    fillCondition(&input, layers)
    if layers.kind == .prefixDecoder { input.prefixLength = length / 3 }
    for layer in layers.layers {
      guard case .crossAttention(let block) = layer.block else { continue }
      input.context = features(block.latents.toLatentKeyValue?.inputCount ?? block.toKey.inputCount)
      input.contextMask = presence
      return
    }
  }

  /// One condition for all positions, where norms or scales are adaptive.
  private mutating func fillCondition(_ input: inout ModelInput, _ layers: AttentionLayers) {
    guard let width = layers.condition?.dimension else { return }
    let values = (0..<(batch * width)).map { _ in random.nextNormal() }
    input.condition = ModelInput.Features(values, batch: batch, length: 1, width: width)
  }

  private mutating func drawn(from ids: [Int]) -> ModelInput.Tokens {
    let drawn = (0..<(batch * length)).map { _ in ids[random.next(below: ids.count)] }
    return ModelInput.Tokens(drawn, batch: batch, length: length)
  }

  private mutating func features(_ width: Int) -> ModelInput.Features {
    let values = (0..<(batch * length * width)).map { _ in random.nextNormal() }
    return ModelInput.Features(values, batch: batch, length: length, width: width)
  }
}

extension Model {
  /// The longest sequence of each of its parts; 0 where there is no bound.
  fileprivate var longestSequences: [Int] {
    switch self {
    case .transformer(let wrapper): [wrapper.maxSequenceLength]
    case .continuous(let wrapper): [wrapper.maxSequenceLength]
    case .vision(let wrapper): [wrapper.positions.shape[1]]
    case .layers: []
    case .encoderDecoder(let encoder, let decoder):
      [encoder.maxSequenceLength, decoder.maxSequenceLength]
    case .wrapped(let inner, _, _): inner.longestSequences
    }
  }
}

extension ModelInput {
  /// The same with everything there.
  var unmasked: ModelInput {
    var input = self
    (input.mask, input.contextMask, input.sourceMask) = (nil, nil, nil)
    return input
  }
}

extension ModelInput.Tokens {
  /// The ids that these stand for.
  fileprivate func mapped(by tokensBefore: [Int?]?) -> Self {
    guard let tokensBefore else { return self }
    // Only tokens that stand for one were drawn.
    return Self(ids.map { tokensBefore[$0] ?? 0 }, batch: batch, length: length)
  }
}

/// Seeded numbers, the same on every machine: SplitMix64 (Steele, Lea and Flood, 2014).
private struct ProbeRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// Near enough to a normal number of deviation 1 for a probe: twelve uniform ones, less six.
  mutating func nextNormal() -> Float {
    var sum: Float = -6
    for _ in 0..<12 { sum += Float(next() >> 40) * 0x1p-24 }
    return sum
  }
}
