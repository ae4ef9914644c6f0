internal import Checkpoints
internal import TensorStorage

/// Reads constructor calls off the names and shapes of a checkpoint.
struct ConfigurationInference {
  /// What could not be decided.
  private(set) var questions: [InferredConfiguration.Question] = []
  /// What hints told.
  private(set) var hints: [String] = []
  /// The release that the keys point to.
  private(set) var dialect = Dialect.newest

  let checkpoint: Checkpoint

  init(_ checkpoint: Checkpoint, prefix: String) {
    self.checkpoint = checkpoint
    readEra(TensorTree(checkpoint, prefix: prefix))
  }

  /// The outermost constructor call.
  mutating func model(_ tree: TensorTree) -> ModuleConfiguration? {
    if tree.has("encoder.attn_layers"), tree.has("decoder.net.attn_layers") {
      return encoderDecoder(tree)
    }
    if tree.has("net.attn_layers") {
      hints.append("keys begin with 'net.': taken for an AutoregressiveWrapper around a Decoder")
      guard let inner = wrapper(tree.below("net"), path: "net.", kind: "Decoder") else {
        return nil
      }
      return ModuleConfiguration("AutoregressiveWrapper", [.init("net", .module(inner))])
    }
    if tree.has("attn_layers") { return wrapper(tree, path: "", kind: nil) }
    guard tree.has("layers") else { return nil }
    return layers(tree, path: "", kind: nil).call
  }

  /// Notes an undecided argument and returns the first of its values, which is assumed.
  mutating func ask(_ argument: String, _ values: [String], _ reason: String) {
    questions.append(.init(argument: argument, values: values, reason: reason))
  }

  mutating func hint(_ sentence: String) { hints.append(sentence) }

  mutating func set(dialect: Dialect, because reason: String) {
    self.dialect = dialect
    hints.append("\(reason): taken for x-transformers \(dialect)")
  }

  private mutating func encoderDecoder(_ tree: TensorTree) -> ModuleConfiguration? {
    guard let encoder = wrapper(tree.below("encoder"), path: "enc_", kind: "Encoder"),
      let decoder = wrapper(tree.below("decoder.net"), path: "dec_", kind: "Decoder"),
      case .module(let encoderLayers)? = encoder["attn_layers"],
      case .module(let decoderLayers)? = decoder["attn_layers"]
    else { return nil }
    var call = ModuleConfiguration("XTransformer")
    call["dim"] = encoderLayers["dim"]
    let sides = [("enc_", encoder, encoderLayers), ("dec_", decoder, decoderLayers)]
    for (prefix, wrapper, layers) in sides {
      for argument in wrapper.arguments + layers.arguments
      where !["attn_layers", "return_only_embed", "dim", "cross_attend"].contains(argument.name) {
        call[prefix + argument.name] = argument.value
      }
    }
    if let a = checkpoint[TensorName(tree.prefix + "encoder.token_emb.emb.weight")],
      let b = checkpoint[TensorName(tree.prefix + "decoder.net.token_emb.emb.weight")],
      a.isSameView(as: b)
    {
      call["tie_token_emb"] = .bool(true)
      hint("encoder and decoder share one embedding storage: tie_token_emb")
    }
    return call
  }

  /// A wrapper around `attn_layers`; `path` stands before its arguments in questions.
  private mutating func wrapper(
    _ tree: TensorTree, path: String, kind: String?
  ) -> ModuleConfiguration? {
    let layersPath = path.hasSuffix("_") ? path : path + "attn_layers."
    let stack = layers(tree.below("attn_layers"), path: layersPath, kind: kind)
    guard let table = tree["token_emb.emb.weight"] ?? tree["token_emb.weight"], table.count == 2
    else { return continuous(tree, path: path, stack: stack) }
    var call = ModuleConfiguration("TransformerWrapper", [.init("num_tokens", .int(table[0]))])
    positions(tree, hasRelative: stack.hasRelativePositions, &call)
    if table[1] != stack.dimension { call["emb_dim"] = .int(table[1]) }
    if tree.has("post_emb_norm") { call["post_emb_norm"] = .bool(true) }
    if let memory = tree["memory_tokens"]?.first { call["num_memory_tokens"] = .int(memory) }
    if let shape = tree["cls_token"] {
      let classes = shape.count == 1 ? 1 : shape.first ?? 1
      call["use_cls_token"] = .bool(true)
      if classes != 1 { call["num_cls_tokens"] = .int(classes) }
    }
    namedEmbeddings(tree, &call)
    head(tree, path: path, tokenCount: table[0], isEncoder: kind == "Encoder", &call)
    carriedOptions(tree, &call)
    call["attn_layers"] = .module(stack.call)
    return call
  }

  private mutating func continuous(
    _ tree: TensorTree, path: String, stack: InferredLayers
  ) -> ModuleConfiguration {
    var call = ModuleConfiguration("ContinuousTransformerWrapper")
    positions(tree, hasRelative: stack.hasRelativePositions, &call)
    if call["max_seq_len"] == .int(0) { call["max_seq_len"] = nil }
    call["use_abs_pos_emb"] = nil
    if let shape = tree["project_in.weight"], shape.count == 2 { call["dim_in"] = .int(shape[1]) }
    if let shape = tree["project_out.weight"], shape.count == 2 { call["dim_out"] = .int(shape[0]) }
    if tree.has("post_emb_norm") { call["post_emb_norm"] = .bool(true) }
    if let memory = tree["memory_tokens"]?.first { call["num_memory_tokens"] = .int(memory) }
    call["attn_layers"] = .module(stack.call)
    return call
  }

  private func positions(
    _ tree: TensorTree, hasRelative: Bool, _ call: inout ModuleConfiguration
  ) {
    if let table = tree["pos_emb.emb.weight"] ?? tree["pos_emb.weight"] {
      call["max_seq_len"] = .int(table.first ?? 0)
      if tree.has("attn_layers.rotary_pos_emb") || tree.has("attn_layers.rel_pos") { return }
    } else if tree["pos_emb.scale"] != nil {
      // The sinusoids have no length of their own; this one only has to be positive.
      call["max_seq_len"] = .int(1 << 20)
      call["scaled_sinu_pos_emb"] = .bool(true)
    } else {
      call["max_seq_len"] = .int(0)
    }
  }

  private func namedEmbeddings(_ tree: TensorTree, _ call: inout ModuleConfiguration) {
    let embeds = tree.below("embeds")
    let entries = embeds.children.sorted().compactMap { child -> ModuleConfiguration.Argument? in
      guard child.hasSuffix("_embed"), let count = embeds["\(child).weight"]?.first else {
        return nil
      }
      return .init(String(child.dropLast(6)), .int(count))
    }
    if !entries.isEmpty { call["embed_num_tokens"] = .dictionary(entries) }
  }

  private mutating func head(
    _ tree: TensorTree, path: String, tokenCount: Int, isEncoder: Bool,
    _ call: inout ModuleConfiguration
  ) {
    if let shape = tree["to_logits.weight"] {
      if shape.first != tokenCount { call["logits_dim"] = .int(shape.first ?? tokenCount) }
      return
    }
    let heads = tree.below("to_logits").numberedChildren
    if let first = heads.first, let shape = tree["to_logits.\(first).weight"] {
      call["num_output_heads"] = .int(heads.count)
      if shape.first != tokenCount { call["logits_dim"] = .int(shape.first ?? tokenCount) }
      return
    }
    if isEncoder {
      call["return_only_embed"] = .bool(true)
      return
    }
    call["tie_embedding"] = .bool(true)
    ask(
      path + "tie_embedding", ["true", "false (with return_only_embed=true)"],
      "there is no to_logits: the head is tied to the embedding, or there is none")
  }

  private func carriedOptions(_ tree: TensorTree, _ call: inout ModuleConfiguration) {
    for (name, option) in [
      ("recycled_proj", "recycling"), ("exit_gate", "looped"), ("ff_deep_embed", "ff_deep_embed"),
      ("to_next_embed_pred", "add_continuous_pred_head"),
    ] where tree.has(name) {
      call[option] = .bool(true)
    }
    if let mixture = tree["combine_mixture.weight"]?.first {
      call["mixture_of_softmax"] = .bool(true)
      call["mixture_of_softmax_k"] = .int(mixture)
    }
  }
}
