internal import TensorStorage
public import TransformerGraph

/// Runs a bound graph forward, in evaluation mode, in float32.
public struct ModelRunner: Sendable {
  /// The graph.
  public let graph: ModelGraph

  private let weights: Weights
  private let team: Team

  var pass: ForwardPass { ForwardPass(weights: weights, team: team) }

  /// A runner of `graph`.
  ///
  /// Weights are read when a layer needs them. `keptByteCount` bytes of them stay in memory for the next
  /// pass, float32 or as they are stored if that is shorter; `threads` is one per core if it is 0.
  ///
  /// - Throws: `unbound` if a slot of the graph is not filled, `noLibrary` without OpenBLAS.
  public init(
    _ graph: ModelGraph, keptByteCount: Int = .max, threads: Int = 0
  ) throws(InferenceError) {
    for slot in graph.slots {
      switch slot.state {
      case .bound, .implied: continue
      case .missing: throw .unbound(path: slot.path, reason: "is missing from the checkpoint")
      case .mismatched(let found):
        throw .unbound(path: slot.path, reason: "has the shape \(found), not \(slot.shape)")
      }
    }
    try MatrixProduct.open()
    team = Team(threadCount: threads > 0 ? threads : Workers.processorCount)
    self.graph = graph
    weights = Weights(byteBudget: keptByteCount)
  }

  /// Reads the weights that may stay in memory, on all threads.
  ///
  /// Without it the first pass does so on the way.
  public func load() throws(InferenceError) {
    let parameters = graph.slots.filter { !$0.sharesEarlier }.map(\.parameter)
    try team.run(parameters.count) { part, _ throws(InferenceError) in
      try weights.load(parameters[part])
    }
  }

  /// What the model named `model` (the only one by default) gives for `input`.
  public func output(
    for input: ModelInput, model name: String? = nil
  ) throws(InferenceError) -> ModelOutput {
    let model = try model(named: name)
    try InputCheck(input: input).check(model)
    return try output(for: input, of: model)
  }

  /// An XTransformer's encodings of `source`, `[b, m, d]`.
  public func encodings(
    for input: ModelInput, model name: String? = nil
  ) throws(InferenceError) -> ModelOutput {
    guard case .encoderDecoder(let encoder, _) = try model(named: name) else {
      throw .unexpectedInput(name: "--encodings", reason: "the model has no encoder of its own")
    }
    try InputCheck(input: input).check(try model(named: name))
    let x = try encode(input, encoder)
    return ModelOutput(values: x.values, shape: [x.batch, x.length, x.width])
  }

  func model(named name: String?) throws(InferenceError) -> Model {
    if let name {
      guard let found = graph.models.first(where: { $0.name == name }) else {
        throw .unexpectedInput(
          name: "--model \(name)",
          reason: "the models are \(graph.models.map(\.name).joined(separator: ", "))")
      }
      return found.model
    }
    guard graph.models.count == 1, let only = graph.models.first else {
      throw .missingInput(
        name: "--model NAME",
        reason: "the models are \(graph.models.map(\.name).joined(separator: ", "))")
    }
    return only.model
  }

  private func output(
    for input: ModelInput, of model: Model
  ) throws(InferenceError) -> ModelOutput {
    var state = PassState(input)
    let pass = pass
    switch model {
    case .transformer(let wrapper):
      return try pass.output(wrapper, input, state: &state)
    case .continuous(let wrapper):
      return try pass.output(wrapper, input, state: &state)
    case .vision(let wrapper):
      let patches = try InputCheck(input: input).patches(wrapper)
      return try pass.output(wrapper, patches, input, state: &state)
    case .layers(let layers):
      let x = try pass.apply(layers, to: input.features(layers.dimension), state: &state)
      return ModelOutput(values: x.values, shape: [x.batch, x.length, x.width])
    case .encoderDecoder(let encoder, let decoder):
      state.context = try encode(input, encoder)
      state.contextMask = input.sourceMask.map(Mask.init)
      return try pass.output(decoder, input, state: &state)
    case .wrapped(let inner, _, _):
      // The wrappers sample and compute losses; their forward pass on tokens is the net's.
      return try output(for: input, of: inner)
    }
  }

  func encode(
    _ input: ModelInput, _ encoder: TransformerWrapper
  ) throws(InferenceError) -> Activations {
    guard let source = input.source else {
      throw .missingInput(name: "--source", reason: "the model has an encoder")
    }
    var own = ModelInput()
    own.tokens = source
    own.mask = input.sourceMask
    own.condition = input.condition
    var state = PassState(own)
    return try pass.features(encoder, own, state: &state)
  }
}

extension PassState {
  /// The state before the first layer.
  init(_ input: ModelInput) {
    mask = input.mask.map(Mask.init)
    context = input.context.map {
      Activations($0.values, batch: $0.batch, length: $0.length, width: $0.width)
    }
    contextMask = input.contextMask.map(Mask.init)
    givenCondition = input.condition.map {
      Activations($0.values, batch: $0.batch, length: $0.length, width: $0.width)
    }
    prefixLength = input.prefixLength
  }
}

extension Mask {
  init(_ presence: ModelInput.Presence) {
    self.init(values: presence.flags, batch: presence.batch, length: presence.length)
  }
}

extension ModelInput {
  /// The features given as `--embeds`, of that width.
  func features(_ width: Int) throws(InferenceError) -> Activations {
    guard let embeds else {
      throw .missingInput(name: "--embeds", reason: "the model takes features")
    }
    guard embeds.width == width, embeds.batch > 0, embeds.length > 0 else {
      throw .shapeMismatch(
        input: "--embeds", expected: "[b, n, \(width)]",
        found: [embeds.batch, embeds.length, embeds.width])
    }
    return Activations(
      embeds.values, batch: embeds.batch, length: embeds.length, width: embeds.width)
  }
}
