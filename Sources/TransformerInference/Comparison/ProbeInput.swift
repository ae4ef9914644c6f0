internal import TransformerGraph

/// Inputs made up for a model, to run it before and after a surgery: seeded tokens, and whatever else its
/// forward pass needs.
struct ProbeInput {
  private var random: ProbeRandom
  private let batch: Int
  private let length: Int

  /// Sequences of up to `length` tokens.
  init(seed: UInt64, batch: Int, length: Int) {
    random = ProbeRandom(seed: seed)
    (self.batch, self.length) = (batch, length)
  }

  /// An input for `model`, its tokens drawn from `ids`, which are not empty.
  mutating func input(for model: Model, ids: [Int]) -> ModelInput {
    var input = ModelInput()
    switch model {
    case .transformer(let wrapper): fill(&input, wrapper, ids)
    case .continuous(let wrapper):
      let width = wrapper.projectIn?.inputCount ?? wrapper.layers.dimension
      input.embeds = features(width, length: Self.length(length, wrapper.maxSequenceLength))
      fillContext(&input, wrapper.layers)
    case .vision: break
    case .layers(let layers):
      input.embeds = features(layers.dimension, length: length)
      fillContext(&input, layers)
    case .encoderDecoder(let encoder, let decoder):
      let sourceIDs = Array(0..<encoder.tokenCount)
      input.source = tokens(sourceIDs, length: Self.length(length, encoder.maxSequenceLength))
      input.tokens = tokens(ids, length: Self.length(length, decoder.maxSequenceLength))
    case .wrapped(let inner, _, _): return self.input(for: inner, ids: ids)
    }
    return input
  }

  private mutating func fill(_ input: inout ModelInput, _ wrapper: TransformerWrapper, _ ids: [Int])
  {
    let length = Self.length(self.length, wrapper.maxSequenceLength)
    input.tokens = tokens(ids, length: length)
    for embedding in wrapper.namedEmbeddings {
      let ids = Array(0..<embedding.weight.shape[0])
      input.embedIDs[embedding.name] = tokens(ids, length: length)
    }
    fillContext(&input, wrapper.layers)
  }

  /// What cross-attention attends to, as wide as its keys' projection takes.
  private mutating func fillContext(_ input: inout ModelInput, _ layers: AttentionLayers) {
    for layer in layers.layers {
      guard case .crossAttention(let attention) = layer.block else { continue }
      input.context = features(attention.toKey.inputCount, length: length)
      return
    }
  }

  private mutating func tokens(_ ids: [Int], length: Int) -> ModelInput.Tokens {
    let drawn = (0..<(batch * length)).map { _ in ids[random.next(below: ids.count)] }
    return ModelInput.Tokens(drawn, batch: batch, length: length)
  }

  private mutating func features(_ width: Int, length: Int) -> ModelInput.Features {
    let values = (0..<(batch * length * width)).map { _ in random.nextNormal() }
    return ModelInput.Features(values, batch: batch, length: length, width: width)
  }

  private static func length(_ wanted: Int, _ maximum: Int) -> Int {
    maximum > 0 ? min(wanted, maximum) : wanted
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
