/// A stack of layers as far as its names and shapes tell it.
struct InferredLayers {
  var call: ModuleConfiguration
  var dimension: Int
  /// Whether positions of its own make a stack do without absolute ones by default.
  var hasRelativePositions: Bool
}

extension ConfigurationInference {
  /// The stack below `layers.`; `path` stands before its arguments in questions, and `kind` is its class where
  /// the model around it tells.
  mutating func layers(_ tree: TensorTree, path: String, kind: String?) -> InferredLayers {
    let list = tree.below("layers")
    let blocks = list.numberedChildren.map { InferredBlock(list.below("\($0)")) }
    let attentions = blocks.filter { $0.kind == .attention }
    let dimension = blocks.compactMap(\.dimension).first ?? 0
    let heads = heads(tree, attentions, path: path)
    var call = ModuleConfiguration("Decoder", [.init("dim", .int(dimension))])
    let letters = order(blocks, dimension: dimension, path: path, &call)
    call.className = className(tree, blocks, letters, heads, path: path, kind: kind)
    if call.className == "CrossAttender" {
      call["cross_attend"] = nil
      call["only_cross"] = nil
    }
    if let heads { attend(blocks, letters: letters, heads: heads, path: path, &call) }
    let forwards = blocks.filter { $0.kind == .feedForward }
    feedForwards(forwards, dimension: dimension, path: path, &call)
    wrappers(blocks, path: path, &call)
    residuals(tree, blocks, letters: letters, path: path, &call)
    norms(tree, blocks, path: path, &call)
    let hasRelative = positions(tree, heads: heads, path: path, &call)
    return InferredLayers(call: call, dimension: dimension, hasRelativePositions: hasRelative)
  }

  /// The stack's class: what masks the future leaves few traces.
  private mutating func className(
    _ tree: TensorTree, _ blocks: [InferredBlock], _ letters: [Character],
    _ heads: InferredHeads?, path: String, kind: String?
  ) -> String {
    if let given = answer(path + "class")?.text { return given }
    if let kind { return kind }
    // xpos is refused elsewhere.
    if tree.has("rotary_pos_emb.scale") { return "Decoder" }
    // Cross-attention is never causal, so that both classes compute the same.
    if letters.contains("c"), !letters.contains("a") { return "CrossAttender" }
    if tree.has("rel_pos.learned_logslopes"), dialect.learnsBidirectionalSlopes { return "Encoder" }
    if let causal = Self.isCausal(blocks.first { $0.kind == .attention }?.inner, heads) {
      return causal ? "Decoder" : "Encoder"
    }
    let isEncoder = likelyEncoders.contains(path)
    ask(
      path + "class",
      isEncoder
        ? ["Encoder", "Decoder", "PrefixDecoder"] : ["Decoder", "Encoder", "PrefixDecoder"],
      "the causal mask leaves no trace")
    return isEncoder ? "Encoder" : "Decoder"
  }

  /// Forget gates have rows for one direction in causal stacks, and for two in others.
  private static func isCausal(_ block: TensorTree?, _ heads: InferredHeads?) -> Bool? {
    guard let heads, let gates = block?.below("data_dependent_alibi.to_forget_gates.0"),
      let rows = gates["weight"]?.first
    else { return nil }
    return gates["bias"] == nil || rows == heads.count
  }

  private mutating func norms(
    _ tree: TensorTree, _ blocks: [InferredBlock], path: String, _ call: inout ModuleConfiguration
  ) {
    let isGated = call["gated_multi_residual"] != nil
    let first = blocks.first { $0.anyNorm != nil }
    guard let norm = first?.anyNorm ?? (isGated ? tree.below("final_norm") : nil) else {
      if blocks.contains(where: { $0.tree["1.g"] != nil }) {
        call["use_rezero"] = .bool(true)
        return
      }
      call["use_simple_rmsnorm"] = .bool(true)
      ask(
        path + "pre_norm", ["true", "false"],
        "use_simple_rmsnorm, as no norm has a gain: where its norms stand leaves no trace")
      for name in ["sandwich_norm", "pre_and_post_norm", "pre_norm_has_final_norm"] {
        assume(path + name)
      }
      return
    }
    if let gain = norm["g"] {
      call[gain == [1] ? "use_scalenorm" : "use_rmsnorm"] = .bool(true)
    } else if norm["pre_tanh_scale"] != nil {
      call["use_dynamic_tanh"] = .bool(true)
    } else if norm["alpha"] != nil {
      call["use_derf"] = .bool(true)
    } else if norm.has("to_gamma") {
      adaptiveNorms(path: path, &call)
    }
    condition(tree, norm, blocks, &call)
    guard !isGated else { return }
    if dialect >= Dialect(1, 31, 2), hasGainsNearOne(tree) {
      call["norm_add_unit_offset"] = .bool(false)
      ask(
        path + "norm_add_unit_offset", ["false", "true"],
        "norm gains are near 1; those with an offset are stored less one, near 0")
    }
    places(blocks, hasFinalNorm: tree.has("final_norm"), path: path, &call)
  }

  /// Where norms stand: before blocks, on their outputs, behind what they join.
  private mutating func places(
    _ blocks: [InferredBlock], hasFinalNorm: Bool, path: String, _ call: inout ModuleConfiguration
  ) {
    func has(_ number: Int) -> Bool { blocks.contains { $0.hasNorm(number) } }
    let (hasPre, hasBranch, hasPost) = (has(0), has(1), has(2))
    if hasBranch {
      // Before 0.31.1 normalising queries and keys throughout moved the norms of attentions.
      let isMoved = blocks.contains { $0.hasNorm(1) && !$0.hasNorm(0) && !$0.hasNorm(2) }
      let moves = isMoved && dialect.knows("use_qk_norm_attn", of: "Decoder")
      call[moves ? "use_qk_norm_attn" : "sandwich_norm"] = .bool(true)
    }
    if hasPost, dialect < Dialect(2, 0, 0), hasPre || hasFinalNorm {
      call["resi_dual"] = .bool(true)
    } else if hasPre && hasPost {
      call["pre_and_post_norm"] = .bool(true)
    } else if hasPost {
      call["pre_norm"] = .bool(false)
    } else if !hasFinalNorm, !dialect.hasWrapperNorm {
      call["pre_norm_has_final_norm"] = .bool(false)
      ask(
        path + "pre_norm_has_final_norm", ["false", "true"],
        "there is no final_norm: it was switched off, or it is missing")
    }
  }

  private mutating func adaptiveNorms(path: String, _ call: inout ModuleConfiguration) {
    let names = ["use_adaptive_layernorm", "use_adaptive_rmsnorm"]
    let isRoot =
      answer(path + names[0]) == .bool(false) || answer(path + names[1]) == .bool(true)
    call[names[isRoot ? 1 : 0]] = .bool(true)
    ask(
      path + names[0], ["true", "false"],
      "adaptive norms of both kinds have the same keys; false means use_adaptive_rmsnorm",
      or: [path + names[1]])
  }

  /// The width of what adaptive norms and factors depend on.
  private func condition(
    _ tree: TensorTree, _ norm: TensorTree, _ blocks: [InferredBlock],
    _ call: inout ModuleConfiguration
  ) {
    let scaled = blocks.first(where: \.hasAdaptiveScale)?.tree
    let gains = scaled?.tensors.first { $0.name.hasSuffix("to_gamma.weight") }?.shape
    guard let width = (norm["to_gamma.weight"] ?? gains)?.last else { return }
    var condition = width
    if let shape = tree["adaptive_mlp.0.weight"], shape.count == 2, shape[1] > 0 {
      condition = shape[1]
      call["adaptive_condition_mlp"] = .bool(true)
      if shape[0] != 4 * condition {
        call["adaptive_condition_mlp_expansion"] = .int(shape[0] / condition)
      }
    }
    if .int(condition) != call["dim"] { call["dim_condition"] = .int(condition) }
  }

  private mutating func positions(
    _ tree: TensorTree, heads: InferredHeads?, path: String, _ call: inout ModuleConfiguration
  ) -> Bool {
    if tree.has("pia_pos_emb") {
      call["position_infused_attn"] = .bool(true)
      return true
    }
    if let pairs = tree["rotary_pos_emb.inv_freq"]?.first {
      rotary(pairs, width: heads?.width ?? 0, &call)
      if tree["rotary_pos_emb.scale"] != nil { call["rotary_xpos"] = .bool(true) }
      return true
    }
    if tree.has("polar_pos_emb") {
      call["polar_pos_emb"] = .bool(true)
      return true
    }
    if let table = tree["rel_pos.relative_attention_bias.weight"] {
      call["rel_pos_bias"] = .bool(true)
      if table.first != 32 { call["rel_pos_num_buckets"] = .int(table.first ?? 32) }
      let distance = max(128, table.first ?? 32)
      if distance != 128 { call["rel_pos_max_distance"] = .int(distance) }
      ask(
        path + "rel_pos_max_distance", ["\(distance)"],
        "the largest distance of T5's buckets leaves no trace")
      return true
    }
    biases(tree, path: path, &call)
    return false
  }

  /// Odd numbers of rotated features are rounded up, and must fit into a head.
  private func rotary(_ pairs: Int, width: Int, _ call: inout ModuleConfiguration) {
    call["rotary_pos_emb"] = .bool(true)
    let rotated = 2 * pairs > width && dialect >= Dialect(1, 42, 18) ? 2 * pairs - 1 : 2 * pairs
    if rotated != dialect.rotaryDimension(given: nil, headDimension: width) {
      call["rotary_emb_dim"] = .int(rotated)
    }
  }

  /// Biases that leave absolute positions where they are.
  private mutating func biases(
    _ tree: TensorTree, path: String, _ call: inout ModuleConfiguration
  ) {
    if tree.has("rel_pos.mlp") {
      let numbers = tree.below("rel_pos.mlp").numberedChildren
      call["dynamic_pos_bias"] = .bool(true)
      if numbers.count != 3 {
        call["dynamic_pos_bias_mlp_depth"] = .int(max(1, numbers.count - 1))
      }
      if tree.has("rel_pos.mlp.0.1") { call["dynamic_pos_bias_norm"] = .bool(true) }
      ask(
        path + "dynamic_pos_bias_log_distance", ["false", "true"],
        "whether distances are logarithms leaves no trace")
    } else if let slopes = tree["rel_pos.learned_logslopes"] {
      call["alibi_pos_bias"] = .bool(true)
      let count = slopes.first { $0 > 1 } ?? 1
      if .int(count) != call["heads"] { call["alibi_num_heads"] = .int(count) }
      let isBidirectional = call.className == "Encoder" && dialect.learnsBidirectionalSlopes
      if !isBidirectional { call["alibi_learned"] = .bool(true) }
    } else {
      ask(path + "alibi_pos_bias", ["false", "true"], "ALiBi's slopes leave no trace")
      if answer(path + "alibi_pos_bias") == .bool(true) { assume(path + "alibi_num_heads") }
    }
  }
}
