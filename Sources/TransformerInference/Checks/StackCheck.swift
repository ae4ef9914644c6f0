internal import TransformerGraph

/// Looks whether a stack can run on inputs of some sizes, before any arithmetic.
struct StackCheck {
  /// Where the stack stands, for errors.
  let path: String
  /// Sequences.
  let batch: Int
  /// Positions in front of which the stack runs, memory and class tokens included.
  let length: Int
  /// Whether there is a mask.
  let hasMask: Bool
  /// What is attended to.
  let context: ModelInput.Features?
  /// The condition of adaptive norms and scales.
  let condition: ModelInput.Features?

  /// Throws what stands in the way.
  func check(_ layers: AttentionLayers) throws(InferenceError) {
    try refuse(layers.carried, at: path)
    try checkContext(layers)
    try checkCondition(layers)
    try checkStreams(layers)
    try checkOrder(layers)
    var sizes = CarriedSizes()
    for index in layers.executionOrder {
      let layer = layers.layers[index]
      let place = "\(path.isEmpty ? "" : "\(path).")layers.\(index)"
      try check(layer, of: layers, at: place)
      guard let (block, isCross) = layer.attention else { continue }
      let check = AttentionCheck(
        path: place, length: length, keyLength: isCross ? context?.length ?? length : length,
        isCross: isCross, isPrefix: layers.kind == .prefixDecoder && !isCross,
        rotatedCount: isCross ? 0 : 2 * (layers.rotary?.inverseFrequencies.elementCount ?? 0),
        hasPolarPositions: layers.polar != nil && !isCross)
      try refuse(block.carried, at: place)
      try check.check(block)
      try sizes.check(block, isCross: isCross, of: layers, at: place)
    }
  }

  func refuse(_ carried: CarriedParameters, at path: String) throws(InferenceError) {
    guard carried.isEmpty else { throw .unsupported(path: path, options: carried.options) }
  }

  private func checkContext(_ layers: AttentionLayers) throws(InferenceError) {
    guard layers.attendsContext else {
      guard context == nil else {
        throw .unexpectedInput(
          name: "--context", reason: "the layers attend to none (cross_attend is false)")
      }
      return
    }
    guard let context else {
      throw .missingInput(name: "--context", reason: "the model attends to one")
    }
    for case (let block, true)? in layers.layers.map(\.attention) {
      let width = block.latents.toLatentKeyValue?.inputCount ?? block.toKey.inputCount
      guard context.batch == batch, context.length > 0, context.width == width else {
        throw .shapeMismatch(
          input: "--context", expected: "[\(batch), m, \(width)]",
          found: [context.batch, context.length, context.width])
      }
    }
  }

  private func checkCondition(_ layers: AttentionLayers) throws(InferenceError) {
    guard let needed = layers.condition else {
      guard condition == nil else {
        throw .unexpectedInput(
          name: "--condition", reason: "no norm or scale of the model is adaptive")
      }
      return
    }
    guard let condition else {
      throw .missingInput(name: "--condition", reason: "norms or scales of the model are adaptive")
    }
    guard condition.batch == batch, condition.width == needed.dimension,
      condition.length == 1 || condition.length == length
    else {
      throw .shapeMismatch(
        input: "--condition",
        expected: "[\(batch), \(needed.dimension)] or [\(batch), \(length), \(needed.dimension)]",
        found: [condition.batch, condition.length, condition.width])
    }
  }

  private func checkStreams(_ layers: AttentionLayers) throws(InferenceError) {
    guard layers.streamEmbedding != nil else { return }
    guard layers.reinjection == nil else {
      throw impossible(path, "reinject_input and num_residual_streams exclude each other")
    }
    let isAdaptive = layers.layers.contains { $0.postNorm?.toGain != nil }
    guard !isAdaptive else {
      throw impossible(path, "adaptive post-norms and num_residual_streams exclude each other")
    }
  }

  /// Skips need what they skip, and integrators a weight for each earlier input.
  private func checkOrder(_ layers: AttentionLayers) throws(InferenceError) {
    for (run, index) in layers.executionOrder.enumerated() {
      let layer = layers.layers[index]
      if let skip = layer.skip, skip.source > run {
        throw impossible(path, "unet_skips: layer \(index) skips from a layer that comes later")
      }
      if case .weights? = layer.integrator, index != run {
        throw impossible(path, "integrate_layers needs the layers in their own order, each once")
      }
    }
  }

  private func check(
    _ layer: AttentionLayers.Layer, of layers: AttentionLayers, at place: String
  ) throws(InferenceError) {
    let parts = layer.shiftedTokenCount * (layer.shiftsBothWays(in: layers) ? 2 : 1) + 1
    guard parts <= layers.dimension else {
      throw impossible(place, "\(layers.dimension) features cannot be shifted in \(parts) parts")
    }
    let views = layer.residual.viewCount
    if views > 1, layer.integrator != nil {
      throw impossible(
        place, "attn_aggregated_residuals and several streams with views exclude each other")
    }
    let width: Int
    switch layer.block {
    case .attention(let block):
      let given = max(views, layer.integrator?.viewCount ?? 1)
      guard block.receivesViews == (given == 3) else {
        throw impossible(
          place,
          "qkv_receive_diff_residuals needs num_residual_streams, integrate_layers or the like"
        )
      }
      width = block.outputWidth
    case .crossAttention(let block): width = block.outputWidth
    case .feedForward(let block): width = block.projectOut.outputCount
    }
    guard width == layers.dimension else {
      throw impossible(
        place, "the block gives \(width) features, but the residual has \(layers.dimension)")
    }
  }
}

/// A combination that x-transformers itself cannot run.
func impossible(_ path: String, _ reason: String) -> InferenceError {
  .graph(.impossible(path: path, reason: reason))
}

/// Sizes that have to stay the same from one attention to the next of its kind.
private struct CarriedSizes {
  var values: [Bool: Int] = [:]
  var fronts: [Bool: Int] = [:]
  var sinks: Set<Bool> = []

  mutating func check(
    _ block: Attention, isCross: Bool, of layers: AttentionLayers, at place: String
  ) throws(InferenceError) {
    if layers.addsValueResidual {
      let width = block.toValue?.outputCount ?? block.toKey.outputCount
      let first = values[isCross] ?? width
      // A first layer with a single head lends it to all heads.
      guard first == width || first == block.heads.valueDimension else {
        throw impossible(place, "add_value_residual needs values of one size in all layers")
      }
      values[isCross] = first
    }
    guard isCross ? layers.carriesCrossLogits : layers.carriesLogits else { return }
    let front = (block.memoryKeys?.shape[1] ?? 0) + (block.addsZeroKeyValue ? 1 : 0)
    guard fronts[isCross] ?? front == front else {
      throw impossible(place, "residual attention needs as many memory keys in all layers")
    }
    fronts[isCross] = front
    guard !sinks.contains(isCross) else {
      throw impossible(
        place, "residual attention cannot follow an attention with attn_head_learned_sink")
    }
    if block.sink != nil { sinks.insert(isCross) }
  }
}

extension AttentionLayers.Layer {
  /// The block if it is attention, and whether it is cross-attention.
  var attention: (Attention, isCross: Bool)? {
    switch block {
    case .attention(let block): (block, false)
    case .crossAttention(let block): (block, true)
    case .feedForward: nil
    }
  }

  fileprivate func shiftsBothWays(in layers: AttentionLayers) -> Bool {
    if case .attention(let block) = block { return !block.isCausal }
    return !layers.isCausal
  }
}

extension Attention {
  /// Features that come out of the block.
  fileprivate var outputWidth: Int {
    guard let toOut else {
      return heads.count * heads.valueDimension * max(1, kernel.orthogonalProjectionCount)
    }
    return isAttentionOnAttention ? toOut.outputCount / 2 : toOut.outputCount
  }
}

extension Residual {
  /// How many inputs it gives its block.
  fileprivate var viewCount: Int {
    switch self {
    case .sum, .gated, .orthogonal, .meanVarianceSplit: 1
    case .hyperConnection(let module): module.viewCount
    case .gatedMulti(let module): module.viewCount
    }
  }
}

extension LayerIntegrator {
  fileprivate var viewCount: Int {
    switch self {
    case .weights(let module): module.viewCount
    case .attention(let module): module.viewCount
    }
  }
}
