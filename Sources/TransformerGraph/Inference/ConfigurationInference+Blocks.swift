extension ConfigurationInference {
  /// Heads and their features: only products are in the shapes, unless something has one number a head.
  mutating func heads(
    _ tree: TensorTree, _ blocks: [InferredBlock], path: String, _ call: inout ModuleConfiguration
  ) {
    guard let block = blocks.first(where: { $0.kind == .attention })?.inner,
      let queries = block["to_q.weight"]?.first, let keys = block["to_k.weight"]?.first
    else { return }
    let attentions = blocks.filter { $0.kind == .attention }
    let known = attentions.lazy.compactMap { Self.headCount($0.inner, tree) }.first
    // From 2.17 on a single head has no output projection, unless it is gated.
    let isSingle = !block.has("to_out")
    let candidates =
      isSingle
      ? [1]
      : Self.candidates(
        queries: queries, keys: keys, pairs: tree["rotary_pos_emb.inv_freq"]?.first,
        allowsSingle: block.has("to_out.0") || dialect.singleHeadProjectsOutput)
    let heads = known ?? candidates.first ?? 1
    let width = max(1, queries / heads)
    call["heads"] = .int(heads)
    if width != 64 { call["attn_dim_head"] = .int(width) }
    let keyHeads = max(1, keys / width)
    if keyHeads != heads { call["attn_kv_heads"] = .int(keyHeads) }
    if let values = block["to_v.weight"]?.first, values != keys {
      call["attn_value_dim_head"] = .int(values / keyHeads)
    }
    if block["to_v.weight"] == nil, block.has("to_k") { call["attn_shared_kv"] = .bool(true) }
    if block.has("to_r") { call["attn_tensor_product"] = .bool(true) }
    guard known == nil, candidates.count > 1 else { return }
    ask(
      path + "heads", candidates.map(String.init),
      "only heads × dim_head = \(queries) is in the shapes")
  }

  /// The number of heads, where a tensor has one entry for each.
  private static func headCount(_ block: TensorTree, _ tree: TensorTree) -> Int? {
    if let shape = block["scale"], shape.count == 4 { return shape[1] }
    if let shape = block["qk_norm_q_scale"], shape.count == 3 { return shape[0] }
    let firsts = [
      "q_rmsnorm.gamma", "value_rmsnorm.gamma", "to_v_head_gate.weight",
      "attend.head_attn_sink", "attend.pre_softmax_talking_heads.weight",
      "attend.post_softmax_talking_heads.weight", "attend.pre_scale_post_talking_heads.weight",
      "pre_softmax_talking_heads.weight", "post_softmax_talking_heads.weight",
      "to_value_residual_mix.0.weight",
    ]
    for name in firsts {
      if let count = block[name]?.first { return count }
    }
    if let shape = block["head_scale_params"], shape.count == 4 { return shape[1] }
    if let width = (block["k_rmsnorm.gamma"] ?? block["mem_k"] ?? block["qk_norm_q_scale"])?.last,
      let queries = block["to_q.weight"]?.first, width > 0
    {
      return queries / width
    }
    if let rows = block["rel_proj_pos_bias.to_distance_weights.0.weight"]?.first,
      let basis = block["rel_proj_pos_bias.distance_bank"]?.first, basis > 0
    {
      return rows / basis
    }
    if let table = tree["rel_pos.relative_attention_bias.weight"] { return table.last }
    if let last = tree.below("rel_pos.mlp").numberedChildren.last {
      return tree["rel_pos.mlp.\(last).weight"]?.first
    }
    return tree["polar_pos_emb.learned_bias"]?.first
  }

  /// Numbers of heads that fit, the likeliest first: 64 features a head, or what rotary positions suggest.
  private static func candidates(
    queries: Int, keys: Int, pairs: Int?, allowsSingle: Bool
  ) -> [Int] {
    let likely = pairs.map { [4 * $0, 2 * $0] } ?? [64]
    let widths = likely + [64, 32, 128, 96, 48, 80, 16, 8, 256, 24, 40, 12, 4, 2, 1]
    var counts: [Int] = []
    for width in widths
    where width > 0 && queries.isMultiple(of: width) && keys.isMultiple(of: width) {
      let count = queries / width
      if count > (allowsSingle ? 0 : 1), !counts.contains(count),
        count.isMultiple(of: max(1, keys / width))
      {
        counts.append(count)
      }
    }
    return counts.isEmpty ? [1] : counts
  }

  /// Options of attention that have keys of their own.
  mutating func attention(_ block: TensorTree, _ call: inout ModuleConfiguration) {
    let options = [
      ("qk_norm_q_scale", ["attn_qk_norm", "attn_qk_norm_dim_scale"]),
      ("q_rmsnorm", ["attn_qk_rmsnorm"]), ("value_rmsnorm", ["attn_value_rmsnorm"]),
      ("head_scale_params", ["attn_head_scale"]), ("to_out.0", ["attn_on_attn"]),
      ("to_v_gate", ["attn_gate_values"]), ("to_v_head_gate", ["attn_gate_value_heads"]),
      ("attend.head_attn_sink", ["attn_head_learned_sink"]),
      ("attend.pre_softmax_talking_heads", ["attn_pre_talking_heads"]),
      ("attend.post_softmax_talking_heads", ["attn_post_talking_heads"]),
      ("attend.pre_scale_post_talking_heads", ["attn_pre_scale_post_talking_heads"]),
      ("pre_softmax_talking_heads", ["attn_pre_talking_heads"]),
      ("post_softmax_talking_heads", ["attn_post_talking_heads"]),
      ("attend.cope", ["attn_use_cope"]), ("data_dependent_alibi", ["attn_data_dependent_alibi"]),
      ("to_output_gate", ["attn_output_gate"]),
      ("rel_proj_pos_bias", ["attn_use_rel_proj_pos_bias"]),
    ]
    for (name, arguments) in options where block.has(name) {
      for argument in arguments { call[argument] = .bool(true) }
    }
    if block["scale"]?.count == 4 { call["attn_qk_norm"] = .bool(true) }
    // Before 1.39 one argument asked for both mixtures.
    if !dialect.addsTalkingHeads, call["attn_pre_talking_heads"] != nil {
      call["attn_pre_talking_heads"] = nil
      call["attn_post_talking_heads"] = nil
      call["attn_talking_heads"] = .bool(true)
    }
    if block.has("k_rmsnorm"), !block.has("q_rmsnorm") { call["attn_k_rmsnorm"] = .bool(true) }
    if let memory = block["mem_k"], memory.count == 3 { call["attn_num_mem_kv"] = .int(memory[1]) }
    for (name, option, width) in [
      ("to_latent_q", "attn_use_latent_q", "attn_dim_latent_q"),
      ("to_latent_kv", "attn_use_latent_kv", "attn_dim_latent_kv"),
    ] {
      guard let count = block["\(name).weight"]?.first else { continue }
      call[option] = .bool(true)
      call[width] = .int(count)
    }
  }

  /// The feed-forward block: gate, width, biases; activations leave no trace.
  mutating func feedForward(
    _ block: TensorTree, dimension: Int, path: String, _ call: inout ModuleConfiguration
  ) {
    let body = block.has("ff") ? block.below("ff") : block.below("net")
    let gated = body["0.proj.weight"]?.first
    let last = body["2.weight"] ?? body["3.weight"]
    guard let inner = last?.last ?? gated.map({ $0 / 2 }), dimension > 0 else { return }
    if gated != nil { call["ff_glu"] = .bool(true) }
    if inner != 4 * dimension {
      call["ff_mult"] = Self.multiple(inner: inner, dimension: dimension)
    }
    if body["2.bias"] == nil, body["3.bias"] == nil { call["ff_no_bias"] = .bool(true) }
    if body["1.gamma"] != nil || (body["1.weight"] != nil) { call["ff_post_act_ln"] = .bool(true) }
    if body["0.mult_bias"] != nil { call["ff_glu_mult_bias"] = .bool(true) }
    if body.has("0.2.norm") {
      call["ff_softclamp_value"] = .double(1)
      ask(
        path + "ff_softclamp_value", ["1.0"], "a clamp's place is taken, its value leaves no trace")
    }
    if body.has("0.1.norm") || body.has("0.2.norm") || body.has("0.act.norm") {
      call["ff_solu"] = .bool(true)
      return
    }
    ask(
      path + "ff_swish",
      ["false (GELU)", "true (SiLU)", "or ff_relu_squared, ff_custom_activation"],
      "the activation leaves no trace")
  }

  /// A factor such that `int(dim · factor)` is the inner width.
  private static func multiple(inner: Int, dimension: Int) -> ArgumentValue {
    if inner.isMultiple(of: dimension) { return .int(inner / dimension) }
    let exact = Double(inner) / Double(dimension)
    return .double(
      Int(exact * Double(dimension)) == inner ? exact : (Double(inner) + 0.5) / Double(dimension))
  }

  /// Wrappers around blocks: LayerScale has a gain; macaron, shifts and scales only an `fn`.
  mutating func wrappers(
    _ blocks: [InferredBlock], path: String, _ call: inout ModuleConfiguration
  ) {
    if blocks.contains(where: \.hasLayerScale) { call["use_layerscale"] = .bool(true) }
    let isMacaron = call["macaron"] == .bool(true)
    guard
      let block = blocks.first(where: { block in
        block.wrapperCount > (block.hasLayerScale ? 1 : 0)
          + (isMacaron && block.kind == .feedForward ? 1 : 0)
      })
    else { return }
    call["shift_tokens"] = .int(1)
    ask(
      path + "shift_tokens", ["1", "0 (with a float scale_residual or depth_scale_residual)"],
      "\(block.tree.prefix)1 stands in an 'fn' without parameters: a token shift or a scale")
  }
}
