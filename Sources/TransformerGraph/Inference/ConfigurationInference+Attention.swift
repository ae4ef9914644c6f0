extension ConfigurationInference {
  /// Options of attention that shapes or keys of their own tell, of a stack's self- and cross-attentions.
  mutating func attend(
    _ blocks: [InferredBlock], letters: [Character], heads: InferredHeads, path: String,
    _ call: inout ModuleConfiguration
  ) {
    call["heads"] = .int(heads.count)
    let numbered = zip(letters, blocks)
    let own = numbered.filter { $0.0 == "a" }.map { options($0.1.inner, heads) }
    let cross = numbered.filter { $0.0 == "c" }.map { options($0.1.inner, heads) }
    InferredOptions.write(own.isEmpty ? cross : own, prefix: "attn_", to: &call)
    if !own.isEmpty { InferredOptions.writeCross(cross, selfCount: own.count, to: &call) }
    askAboutAttention(blocks.first { $0.kind == .attention }?.inner, path: path, call)
  }

  private func options(_ block: TensorTree, _ heads: InferredHeads) -> InferredOptions {
    var options = InferredOptions()
    let rotated = block["to_rotateable_k.weight"]?.first ?? 0
    let keyHeads = block["to_k.weight"]?.first.map { max(1, ($0 + rotated) / heads.width) }
    let valueWidth = block["to_v.weight"]?.first.map { $0 / (keyHeads ?? heads.count) }
    options.add("dim_head", .int(heads.width), default: .int(64))
    options.add("kv_heads", keyHeads.map { .int($0) }, default: .int(heads.count))
    options.add(
      "value_dim_head", keyHeads == nil ? nil : valueWidth.map { .int($0) },
      default: .int(heads.width))
    options.add("latent_rope_subheads", optional: rotated > 0 ? rotated / heads.width : nil)
    let isShared = block["to_v.weight"] == nil && block.has("to_k")
    options.add("shared_kv", isShared && dialect.knows("attn_shared_kv", of: "Decoder"))
    options.add("tensor_product", block.has("to_r"))
    let mixing =
      keyHeads != nil
      && Self.attendedWidth(block) == 2 * heads.count * (valueWidth ?? heads.width)
    options.add("orthog_projected_values", mixing)
    options.add("orthog_projected_values_per_head", mixing)
    addNorms(block, to: &options)
    options.add(
      "project_out",
      heads.count == 1 && block.has("to_out.weight")
        && !dialect.singleHeadProjectsOutput)
    for (option, key) in Self.flags { options.add(option, block.has(key)) }
    addTalkingHeads(block, to: &options)
    let memory = block["mem_k"].flatMap { $0.count == 3 ? $0[1] : nil }
    options.add("num_mem_kv", .int(memory ?? 0), default: .int(0))
    addGate(block, "gate_values", key: "to_v_gate", to: &options)
    addGate(block, "output_gate", key: "to_output_gate", to: &options)
    addBiases(block, heads, to: &options)
    for (name, option) in [("to_latent_q", "latent_q"), ("to_latent_kv", "latent_kv")] {
      let width = block["\(name).weight"]?.first
      options.add("use_" + option, width != nil)
      options.add("dim_" + option, optional: width)
    }
    return options
  }

  private static let flags = [
    ("head_scale", "head_scale_params"), ("on_attn", "to_out.0"),
    ("gate_value_heads", "to_v_head_gate"), ("head_learned_sink", "attend.head_attn_sink"),
  ]

  private func addNorms(_ block: TensorTree, to options: inout InferredOptions) {
    let hasDimensionScale = block.has("qk_norm_q_scale")
    options.add("qk_norm", hasDimensionScale || block["scale"]?.count == 4)
    options.add("qk_norm_dim_scale", hasDimensionScale)
    options.add("qk_rmsnorm", block.has("q_rmsnorm"))
    options.add("k_rmsnorm", block.has("k_rmsnorm") && !block.has("q_rmsnorm"))
    options.add("value_rmsnorm", block.has("value_rmsnorm"))
  }

  /// Before 1.39 one argument asked for both mixtures.
  private func addTalkingHeads(_ block: TensorTree, to options: inout InferredOptions) {
    let before =
      block.has("attend.pre_softmax_talking_heads") || block.has("pre_softmax_talking_heads")
    options.add("talking_heads", before && !dialect.addsTalkingHeads)
    options.add("pre_talking_heads", before && dialect.addsTalkingHeads)
    options.add(
      "post_talking_heads",
      block.has("attend.post_softmax_talking_heads") && dialect.addsTalkingHeads)
    options.add(
      "pre_scale_post_talking_heads", block.has("attend.pre_scale_post_talking_heads"))
  }

  private func addGate(
    _ block: TensorTree, _ option: String, key: String, to options: inout InferredOptions
  ) {
    options.add(option, block.has(key))
    let rank = block["\(key).down.weight"]?.first
    options.add(option + "_rank", optional: rank)
    let rows = block["\(key).weight"]?.first
    let attended = Self.attendedWidth(block)
    options.add(option + "_headwise", rows.map { Self.isHeadwise($0, of: attended ?? 0) } ?? false)
  }

  private func addBiases(
    _ block: TensorTree, _ heads: InferredHeads, to options: inout InferredOptions
  ) {
    let gates = block.below("data_dependent_alibi.to_forget_gates.0")
    let rows = gates["weight"]?.first
    let isByRow = gates["bias"] == nil && rows ?? 0 >= 2 * heads.count
    options.add("data_dependent_alibi", rows != nil)
    options.add("data_dependent_alibi_per_row", isByRow)
    options.add(
      "data_dependent_alibi_per_row_dim_head",
      .int(isByRow ? (rows ?? 0) / (2 * heads.count) : 8), default: .int(8))
    let bank = block["rel_proj_pos_bias.distance_bank"]
    options.add("use_rel_proj_pos_bias", bank != nil)
    options.add("rel_proj_num_distance_basis", .int(bank?.first ?? 16), default: .int(16))
    options.add("rel_proj_max_dist", .int(bank?.last ?? 1024), default: .int(1024))
    let table = block["attend.cope.pos_emb"]
    options.add("use_cope", table != nil)
    options.add("cope_max_pos", .int(table?.first ?? 16), default: .int(16))
    options.add("cope_talking_heads", block.has("attend.cope.talking_heads"))
    options.add("cope_soft_onehot_pos", block.has("attend.cope.positions"))
  }

  /// What of attention is used most and leaves no trace.
  private mutating func askAboutAttention(
    _ block: TensorTree?, path: String, _ call: ModuleConfiguration
  ) {
    guard let block else { return }
    if block.has("to_v_gate") {
      ask(
        path + "attn_swiglu_values", ["false", "true"],
        "whether gates of values go through SiLU or a sigmoid leaves no trace")
    }
    let isNormalized = ["q_rmsnorm", "k_rmsnorm", "qk_norm_q_scale", "scale"].contains {
      block.has($0)
    }
    if isNormalized || answer(path + "attn_qk_norm") == .bool(true) {
      assume(path + "attn_qk_norm_scale")
      assume(path + "attn_qk_norm_groups")
      return
    }
    ask(
      path + "attn_qk_norm", ["false", "true"],
      "normalised queries and keys without learned scales leave no trace")
  }
}
