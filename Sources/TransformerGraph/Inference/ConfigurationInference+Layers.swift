/// A stack of layers as far as its names and shapes tell it.
struct InferredLayers {
  var call: ModuleConfiguration
  var dimension: Int
  var hasRelativePositions: Bool
}

extension ConfigurationInference {
  /// The stack below `layers.`; `path` stands before its arguments in questions.
  mutating func layers(_ tree: TensorTree, path: String, kind: String?) -> InferredLayers {
    let list = tree.below("layers")
    let blocks = list.numberedChildren.map { InferredBlock(list.below("\($0)")) }
    let dimension = blocks.compactMap(\.dimension).first ?? 0
    var call = ModuleConfiguration(kind ?? "Decoder", [.init("dim", .int(dimension))])
    order(blocks, dimension: dimension, path: path, kind: kind, &call)
    if kind == nil {
      ask(
        path + "class", ["Decoder", "Encoder", "PrefixDecoder"], "the causal mask leaves no trace")
    }
    heads(tree, blocks, path: path, &call)
    norms(tree, blocks, path: path, &call)
    let hasRelative = positions(tree, path: path, &call)
    if let block = blocks.first(where: { $0.kind == .attention }) { attention(block.inner, &call) }
    let later = blocks.filter { $0.kind == .attention }.dropFirst()
    if later.contains(where: { $0.inner.has("to_value_residual_mix") }) {
      call["add_value_residual"] = .bool(true)
    }
    if let block = blocks.first(where: { $0.kind == .feedForward }) {
      feedForward(block.inner, dimension: dimension, path: path, &call)
    }
    wrappers(blocks, path: path, &call)
    residuals(tree, blocks, &call)
    return InferredLayers(call: call, dimension: dimension, hasRelativePositions: hasRelative)
  }

  /// Which sub-layers there are: a depth where they repeat, else the order itself.
  private mutating func order(
    _ blocks: [InferredBlock], dimension: Int, path: String, kind: String?,
    _ call: inout ModuleConfiguration
  ) {
    var letters = ""
    for block in blocks {
      // Two attentions in a row are self-attention and cross-attention.
      let isCross =
        block.kind == .attention && (letters.last == "a" || block.contextDimension != dimension)
      letters.append(block.kind == .feedForward ? "f" : isCross ? "c" : "a")
    }
    let patterns: [(String, [(String, ArgumentValue)])] = [
      ("af", []), ("acf", [("cross_attend", .bool(true))]), ("faf", [("macaron", .bool(true))]),
      ("facf", [("macaron", .bool(true)), ("cross_attend", .bool(true))]),
      ("cf", [("cross_attend", .bool(true)), ("only_cross", .bool(true))]),
      ("a", [("only_attn", .bool(true))]),
    ]
    let repeated = patterns.first { pattern, _ in
      !letters.isEmpty && letters.count.isMultiple(of: pattern.count)
        && letters == String(repeating: pattern, count: letters.count / pattern.count)
    }
    if let (pattern, options) = repeated {
      call["depth"] = .int(letters.count / pattern.count)
      for (name, value) in options { call[name] = value }
    } else {
      call["custom_layers"] = .list(letters.map { .text(String($0)) })
      if letters.contains("c") { call["cross_attend"] = .bool(true) }
    }
    let context = blocks.first { $0.kind == .attention && $0.contextDimension != dimension }
    if let width = context?.contextDimension { call["cross_attn_dim_context"] = .int(width) }
    if letters.contains("c"), context == nil {
      hint(
        "two attentions follow each other in \(path)layers: the second is taken for cross-attention"
      )
    }
  }

  private mutating func norms(
    _ tree: TensorTree, _ blocks: [InferredBlock], path: String, _ call: inout ModuleConfiguration
  ) {
    guard let first = blocks.first(where: { $0.anyNorm != nil }), let norm = first.anyNorm else {
      call["use_simple_rmsnorm"] = .bool(true)
      ask(path + "use_simple_rmsnorm", ["true", "false"], "norms without gains leave no trace")
      return
    }
    if let gain = norm["g"] {
      call[gain == [1] ? "use_scalenorm" : "use_rmsnorm"] = .bool(true)
    } else if norm["pre_tanh_scale"] != nil {
      call["use_dynamic_tanh"] = .bool(true)
    } else if norm["alpha"] != nil {
      call["use_derf"] = .bool(true)
    } else if norm.has("to_gamma") {
      call["use_adaptive_layernorm"] = .bool(true)
      ask(
        path + "use_adaptive_layernorm", ["true", "false (with use_adaptive_rmsnorm=true)"],
        "adaptive norms of both kinds have the same keys")
    }
    let (hasPre, hasBranch, hasPost) = (first.hasNorm(0), first.hasNorm(1), first.hasNorm(2))
    if hasBranch { call["sandwich_norm"] = .bool(true) }
    if hasPre && hasPost {
      call["pre_and_post_norm"] = .bool(true)
    } else if hasPost {
      call["pre_norm"] = .bool(false)
    } else if !tree.has("final_norm"), !dialect.hasWrapperNorm {
      call["pre_norm_has_final_norm"] = .bool(false)
    }
  }

  private mutating func positions(
    _ tree: TensorTree, path: String, _ call: inout ModuleConfiguration
  ) -> Bool {
    if tree.has("pia_pos_emb") {
      call["position_infused_attn"] = .bool(true)
      return true
    }
    if tree.has("rel_pos.learned_logslopes") {
      call["alibi_pos_bias"] = .bool(true)
      if !tree.has("rel_pos.learned_logslopes_future") { call["alibi_learned"] = .bool(true) }
    }
    if let pairs = tree["rotary_pos_emb.inv_freq"]?.first {
      call["rotary_pos_emb"] = .bool(true)
      call["rotary_emb_dim"] = .int(2 * pairs)
      if tree["rotary_pos_emb.scale"] != nil { call["rotary_xpos"] = .bool(true) }
      return true
    }
    if let table = tree["rel_pos.relative_attention_bias.weight"] {
      call["rel_pos_bias"] = .bool(true)
      if table.first != 32 { call["rel_pos_num_buckets"] = .int(table.first ?? 32) }
      ask(
        path + "rel_pos_max_distance", ["128"],
        "the largest distance of T5's buckets leaves no trace")
      return true
    }
    if tree.has("rel_pos.mlp") {
      let numbers = tree.below("rel_pos.mlp").numberedChildren
      call["dynamic_pos_bias"] = .bool(true)
      call["dynamic_pos_bias_mlp_depth"] = .int(max(1, numbers.count - 1))
      if tree.has("rel_pos.mlp.0.1") { call["dynamic_pos_bias_norm"] = .bool(true) }
    }
    if tree.has("polar_pos_emb") { call["polar_pos_emb"] = .bool(true) }
    return tree.has("polar_pos_emb")
  }

  private mutating func residuals(
    _ tree: TensorTree, _ blocks: [InferredBlock], _ call: inout ModuleConfiguration
  ) {
    guard let residual = blocks.first?.tree.below("2") else { return }
    if residual.has("gru") { call["gate_residual"] = .bool(true) }
    if residual["residual_scale"] != nil { call["scale_residual"] = .bool(true) }
    if residual["alpha"] != nil, residual["beta"] != nil { call["mv_split_residual"] = .bool(true) }
    if let streams = residual["static_beta"]?.first { call["num_residual_streams"] = .int(streams) }
    if tree.has("skip_combines") { call["unet_skips"] = .bool(true) }
    if tree.has("reinject_input_proj") { call["reinject_input"] = .bool(true) }
  }
}
