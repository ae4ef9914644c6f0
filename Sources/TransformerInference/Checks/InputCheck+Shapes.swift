internal import TransformerGraph

extension InputCheck {
  /// The stack, on sequences of `length` positions with `front` more.
  func checkStack(
    _ layers: AttentionLayers, _ path: String, _ batch: Int, _ length: Int, front: Int,
    isBare: Bool = false
  ) throws(InferenceError) {
    try checkMask(input.mask, "--mask", batch, length)
    if let context = input.context {
      try checkMask(input.contextMask, "--context-mask", context.batch, context.length)
    } else if input.contextMask != nil {
      throw .unexpectedInput(name: "--context-mask", reason: "there is no --context")
    }
    if input.sourceMask != nil {
      throw .unexpectedInput(name: "--source-mask", reason: "only an XTransformer has an encoder")
    }
    try refuseOptions(isPrefix: layers.kind == .prefixDecoder)
    if isBare { try refuseTokens() }
    try StackCheck(
      path: isBare ? path : join(path, "attn_layers"), batch: batch, length: length + front,
      hasMask: input.mask != nil, context: input.context, condition: input.condition
    ).check(layers)
  }

  /// Scalars that only some models take.
  func refuseOptions(isPrefix: Bool) throws(InferenceError) {
    guard isPrefix || input.prefixLength == 0 else {
      throw .unexpectedInput(
        name: "--forward prefix_attn_len", reason: "only a PrefixDecoder takes one")
    }
  }

  /// Token ids where features are needed.
  func refuseTokens() throws(InferenceError) {
    guard input.tokens == nil, input.source == nil else {
      throw .unexpectedInput(name: "--tokens", reason: "the model takes features (--embeds)")
    }
  }

  func checkMask(
    _ mask: ModelInput.Presence?, _ name: String, _ batch: Int, _ length: Int
  ) throws(InferenceError) {
    guard let mask, mask.batch != batch || mask.length != length else { return }
    throw .shapeMismatch(
      input: name, expected: "[\(batch), \(length)]", found: [mask.batch, mask.length])
  }

  func checkLength(_ length: Int, _ maximum: Int) throws(InferenceError) {
    guard length <= maximum else { throw .sequenceTooLong(length: length, maximum: maximum) }
  }

  /// Ids of tokens that the wrapper has rows and positions for.
  func checkTokens(
    _ tokens: ModelInput.Tokens?, of wrapper: TransformerWrapper, name: String
  ) throws(InferenceError) -> ModelInput.Tokens {
    guard let tokens else {
      throw .missingInput(name: name, reason: "the model takes token ids")
    }
    guard tokens.length > 0, tokens.batch > 0 else {
      throw .shapeMismatch(
        input: name, expected: "[b, n] with at least one token",
        found: [tokens.batch, tokens.length])
    }
    if case .absolute(let table, _, _)? = wrapper.positionalEmbedding {
      try checkLength(tokens.length, table.shape[0])
    }
    let rows = wrapper.tokenEmbedding.tokenCount
    try checkIDs(tokens, rows, name)
    if let deep = wrapper.deepEmbedding { try checkIDs(tokens, deep.shape[0], name) }
    return tokens
  }

  private func checkIDs(
    _ tokens: ModelInput.Tokens, _ count: Int, _ name: String
  ) throws(InferenceError) {
    guard let index = tokens.ids.firstIndex(where: { !(0..<count).contains($0) }) else { return }
    throw .tokenOutOfRange(
      input: name, id: tokens.ids[index], position: [index / tokens.length, index % tokens.length],
      tokenCount: count)
  }

  func checkNamed(
    _ wrapper: TransformerWrapper, _ tokens: ModelInput.Tokens
  ) throws(InferenceError) {
    let names = wrapper.namedEmbeddings.map(\.name)
    for name in input.embedIDs.keys.sorted() where !names.contains(name) {
      throw .unexpectedInput(
        name: "--embed-ids \(name)",
        reason: names.isEmpty
          ? "the model has no embed_num_tokens"
          : "embed_num_tokens has \(names.joined(separator: ", "))")
    }
    for embedding in wrapper.namedEmbeddings {
      let name = "--embed-ids \(embedding.name)"
      guard let ids = input.embedIDs[embedding.name] else {
        throw .missingInput(name: "\(name)=FILE", reason: "the model has that embedding")
      }
      guard ids.batch == tokens.batch, ids.length == tokens.length else {
        throw .shapeMismatch(
          input: name, expected: "[\(tokens.batch), \(tokens.length)]",
          found: [ids.batch, ids.length])
      }
      try checkIDs(ids, embedding.weight.shape[0], name)
    }
  }

  func embeds(_ width: Int) throws(InferenceError) -> ModelInput.Features {
    guard input.image == nil else {
      throw .unexpectedInput(name: "--embeds", reason: "an image is for a ViTransformerWrapper")
    }
    guard let embeds = input.embeds else {
      throw .missingInput(name: "--embeds", reason: "the model takes features")
    }
    guard embeds.width == width, embeds.batch > 0, embeds.length > 0 else {
      throw .shapeMismatch(
        input: "--embeds", expected: "[b, n, \(width)]",
        found: [embeds.batch, embeds.length, embeds.width])
    }
    return embeds
  }

  /// The patches of an image, or those given.
  func patches(_ wrapper: ViTransformerWrapper) throws(InferenceError) -> ModelInput.Features {
    guard let image = input.image else {
      let patches = try embeds(wrapper.patchProjection.inputCount)
      try checkLength(patches.length, wrapper.positions.shape[1])
      return patches
    }
    guard let patches = image.patches(of: wrapper.patchSize), patches.batch > 0,
      patches.width == wrapper.patchProjection.inputCount, patches.length > 0,
      patches.length <= wrapper.positions.shape[1]
    else {
      let size = wrapper.patchSize
      throw .shapeMismatch(
        input: "--embeds",
        expected: "[b, \(wrapper.patchProjection.inputCount / (size * size)), h, w] in patches of "
          + "\(size), at most \(wrapper.positions.shape[1]) of them",
        found: [image.batch, image.channels, image.height, image.width])
    }
    return patches
  }

  func refuse(_ carried: CarriedParameters, _ path: String) throws(InferenceError) {
    guard carried.isEmpty else { throw .unsupported(path: path, options: carried.options) }
  }

  func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : "\(path).\(name)"
  }
}

extension TransformerWrapper.Head {
  /// Whether there is none.
  var isEmpty: Bool {
    if case .embeddings = self { return true }
    return false
  }
}
