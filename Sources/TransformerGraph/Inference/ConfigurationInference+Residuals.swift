extension ConfigurationInference {
  /// Wrappers around blocks: LayerScale has a gain; macaron, shifts and factors only an `fn`.
  mutating func wrappers(
    _ blocks: [InferredBlock], path: String, _ call: inout ModuleConfiguration
  ) {
    if blocks.contains(where: \.hasLayerScale) { call["use_layerscale"] = .bool(true) }
    if blocks.contains(where: \.hasAdaptiveScale) { call["use_adaptive_layerscale"] = .bool(true) }
    let isMacaron = call["macaron"] == .bool(true)
    let counts = blocks.map { $0.wrapperCount - (isMacaron && $0.kind == .feedForward ? 1 : 0) }
    guard let most = counts.max(), most > 0, let block = blocks.first else { return }
    let isFactor: Bool
    if block.isScaled {
      // Factors stand outside of LayerScale, shifts inside.
      isFactor = blocks.contains { $0.outerWrapperCount > 0 }
    } else {
      isFactor = most > 1 || isFactorGiven(path)
    }
    let shifts = counts.map { $0 - (isFactor ? 1 : 0) }
    if isFactor { factor(path: path, &call) }
    guard shifts.contains(where: { $0 > 0 }) else { return }
    shift(shifts, block, isFactor: isFactor || block.isScaled, path: path, &call)
  }

  /// Whether an answer says that blocks are multiplied by a number.
  private func isFactorGiven(_ path: String) -> Bool {
    if answer(path + "shift_tokens") == .int(0) { return true }
    return ["depth_scale_residual", "scale_residual"].contains { name in
      switch answer(path + name) {
      case .int?, .double?: true
      case .bool(true)?: name == "depth_scale_residual" && dialect.depthScalesBranch
      default: false
      }
    }
  }

  private mutating func factor(path: String, _ call: inout ModuleConfiguration) {
    let name = "depth_scale_residual"
    call[name] = dialect.depthScalesBranch ? .bool(true) : .double(0.5)
    if let given = answer(path + "scale_residual"), given != .bool(true) { call[name] = nil }
    ask(
      path + name, [dialect.depthScalesBranch ? "true" : "0.5"],
      "the number that each block's output is multiplied by leaves no trace",
      or: [path + "scale_residual"])
  }

  private mutating func shift(
    _ counts: [Int], _ block: InferredBlock, isFactor: Bool, path: String,
    _ call: inout ModuleConfiguration
  ) {
    call["shift_tokens"] =
      Set(counts).count == 1 ? .int(1) : .list(counts.map { .int(min(1, $0)) })
    let mayScale = dialect.numericResidualScalesBranch || dialect.depthScalesBranch
    let other = isFactor || !mayScale ? "" : ", or a number in scale_residual: then it is 0"
    ask(
      path + "shift_tokens", ["1", "2"] + (other.isEmpty ? [] : ["0"]),
      "\(block.tree.prefix)1 stands in an 'fn' without parameters, a shift of some tokens" + other)
  }

  /// How blocks join what they were computed from, and the streams and skips between them.
  mutating func residuals(
    _ tree: TensorTree, _ blocks: [InferredBlock], letters: [Character], path: String,
    _ call: inout ModuleConfiguration
  ) {
    guard let residual = blocks.first?.tree.below("2") else { return }
    if residual.has("gru") { call["gate_residual"] = .bool(true) }
    if residual["residual_scale"] != nil { call["scale_residual"] = .bool(true) }
    if residual.has("alpha") || residual.has("to_alpha") {
      call["mv_split_residual"] = .bool(true)
      if residual.has("to_alpha") {
        call["residual_fn_kwargs"] = Self.keyword("learned", .bool(true))
      }
    }
    streams(tree, residual, &call)
    integration(tree, &call)
    valueResidual(blocks, letters, &call)
    if tree.has("skip_combines") { call["unet_skips"] = .bool(true) }
    if tree.has("reinject_input_proj") { call["reinject_input"] = .bool(true) }
    if tree.has("learned_reinject_input_gate") {
      call["learned_reinject_input_gate"] = .bool(true)
    }
  }

  private static func keyword(_ name: String, _ value: ArgumentValue) -> ArgumentValue {
    .dictionary([.init(name, value)])
  }

  /// Several residual streams.
  private func streams(
    _ tree: TensorTree, _ residual: TensorTree, _ call: inout ModuleConfiguration
  ) {
    if let streams = (tree["stream_emb"] ?? residual["static_beta"])?.first, streams > 1 {
      call["num_residual_streams"] = .int(streams)
    }
    let blocks = tree.below("layers")
    let views = blocks.numberedChildren.compactMap { number -> Int? in
      let residual = blocks.below("\(number).2")
      if let shape = residual["static_alpha"], shape.count == 2 { return shape[1] - shape[0] }
      return residual["static_read_logit"]?.first
    }
    if views.contains(3) { call["qkv_receive_diff_residuals"] = .bool(true) }
    guard let rank = residual["to_bottleneck.weight"]?.first else { return }
    call["gated_multi_residual"] = .bool(true)
    call["residual_fn_kwargs"] = Self.keyword("read_gate_rank", .int(rank))
  }

  /// Inputs made of those of all earlier layers.
  private func integration(_ tree: TensorTree, _ call: inout ModuleConfiguration) {
    let integrators = tree.below("layer_integrators")
    guard let first = integrators.numberedChildren.first else { return }
    let block = integrators.below("\(first)")
    if block.has("to_weights") { call["integrate_layers"] = .bool(true) }
    guard block.has("to_keys") else { return }
    call["attn_aggregated_residuals"] = .bool(true)
    let rank = block["to_query.1.down.weight"]?.first ?? block["to_query.1.up.weight"]?.last
    if let rank, rank != 64 {
      call["attn_aggregated_residual_kwargs"] = Self.keyword("lora_rank", .int(rank))
    }
    if let shape = block["to_query.1.up.weight"], .int(shape[0] / 3) == call["dim"] {
      call["qkv_receive_diff_residuals"] = .bool(true)
    }
  }

  /// Values of the first layer, mixed into later ones.
  private func valueResidual(
    _ blocks: [InferredBlock], _ letters: [Character], _ call: inout ModuleConfiguration
  ) {
    func mixes(_ letter: Character) -> Bool {
      zip(letters, blocks).contains {
        $0.0 == letter && $0.1.inner.has("to_value_residual_mix")
      }
    }
    if mixes("a") {
      call["add_value_residual"] = .bool(true)
      let name = "learned_value_residual_mix"
      if dialect.defaultValue(of: name, in: "Decoder") != .bool(true) { call[name] = .bool(true) }
    }
    if mixes("c"), !dialect.learnsCrossValueMix {
      call["cross_attn_learned_value_residual_mix"] = .bool(true)
    }
  }
}
