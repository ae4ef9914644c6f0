/// What keys tell of the release that wrote them.
struct EraMarks {
  /// The names, less every `fn.` of wrappers around blocks.
  private let names: [String]
  private let shapes: [String: [Int]]
  /// Last parts of `layers.N.0.M.…`, the parameters of numbered norms.
  private let normParameters: Set<String>
  /// Whether sub-layers have norms without numbers.
  let hasSingleNorms: Bool

  init(_ tree: TensorTree) {
    var shapes: [String: [Int]] = [:]
    var numbered: Set<String> = []
    var hasSingleNorms = false
    for (name, shape) in tree.tensors {
      let parts = name.split(separator: ".").filter { $0 != "fn" }
      // The norm behind the embeddings and the one behind activations are LayerNorms whatever the others are.
      if parts.count > 1, parts[parts.count - 2] == "post_emb_norm" || Self.isPostActivation(parts)
      {
        numbered.insert(String(parts[parts.count - 1]))
      }
      shapes[parts.joined(separator: ".")] = shape
      guard let layers = parts.lastIndex(of: "layers"), parts.count > layers + 3,
        Int(parts[layers + 1]) != nil, parts[layers + 2] == "0"
      else { continue }
      if Int(parts[layers + 3]) != nil, parts.count == layers + 5 {
        numbered.insert(String(parts[layers + 4]))
      } else if parts.count == layers + 4 {
        hasSingleNorms = true
      }
    }
    self.shapes = shapes
    names = Array(shapes.keys)
    normParameters = numbered
    self.hasSingleNorms = hasSingleNorms
  }

  private static func isPostActivation(_ parts: [Substring]) -> Bool {
    parts.count > 3 && parts[parts.count - 2] == "1"
      && ["ff", "net"].contains(parts[parts.count - 3])
  }

  func has(_ ending: String) -> Bool { names.contains { $0.hasSuffix(ending) } }

  func has(norm parameter: String) -> Bool { normParameters.contains(parameter) }

  private func shape(_ ending: String) -> [Int]? {
    names.first { $0.hasSuffix(ending) }.flatMap { shapes[$0] }
  }

  var hasBareTable: Bool { has("token_emb.weight") }
  var hasWrapperNorm: Bool {
    names.contains {
      $0 == "norm.weight" || $0.hasSuffix("net.norm.weight") || $0 == "encoder.norm.weight"
    }
  }
  var hasHeadBias: Bool {
    has("to_logits.bias") || has("project_out.bias") || has("project_in.bias")
  }
  var isRotary: Bool { has("rotary_pos_emb.inv_freq") }
  var hasEncoderHead: Bool { names.contains { $0.hasPrefix("encoder.to_logits.") } }
  var hasNoHead: Bool {
    has("token_emb.emb.weight")
      && !names.contains { $0.contains("to_logits.") || $0.hasPrefix("project_out.") }
  }
  /// A LayerScale's gain stands beside the block that it wraps.
  var hasLayerScale: Bool {
    names.contains { name in
      let parts = name.split(separator: ".")
      return parts.count > 3 && parts.last == "gamma" && parts[parts.count - 2] == "1"
        && parts[parts.count - 4] == "layers"
    }
  }
  var isInfused: Bool { has("pia_pos_emb.inv_freq") }

  /// Whether keys have a learned scale for each query head, where there are fewer key heads.
  var hasKeyScalesForEachHead: Bool {
    names.contains { name in
      guard name.hasSuffix(".qk_norm_k_scale"), let scale = shapes[name], scale.count == 3 else {
        return false
      }
      let block = name.dropLast("qk_norm_k_scale".count)
      return scale[0] * scale[2] != shapes[block + "to_k.weight"]?.first
    }
  }

  /// Whether one amount mixes the values of several heads; single heads have no output projection.
  var hasSharedValueMix: Bool {
    names.contains { name in
      let block = name.dropLast("to_value_residual_mix.0.weight".count)
      return name.hasSuffix(".to_value_residual_mix.0.weight") && shapes[name]?.first == 1
        && shapes[block + "to_out.weight"] != nil
    }
  }

  var hasClassVector: Bool { shape("cls_token")?.count == 1 }

  /// Whether something is there, or lacking, that came after norm gains were stored less one (1.31.2).
  ///
  /// Before 1.42.18 rotary positions turned 32 features or more; before 2.5.6 norms in front of the blocks always
  /// had a last one behind them.
  var isLate: Bool {
    if has(".0.0.g") || has(".0.0.gamma") {
      let isBehind = has(".0.2.g") || has(".0.2.gamma")
      if !isBehind, !hasWrapperNorm, !names.contains(where: { $0.contains("final_norm.") }) {
        return true
      }
    }
    if let pairs = shape("rotary_pos_emb.inv_freq")?.first, pairs < 16 { return true }
    if has("attend.pre_softmax_talking_heads.weight")
      != has("attend.post_softmax_talking_heads.weight")
    {
      return true
    }
    // From 2.17 on single heads have no output projection.
    if has(".to_q.weight"), !names.contains(where: { $0.contains(".to_out.") }) { return true }
    if let queries = shape(".qk_norm_q_scale"), let keys = shape(".qk_norm_k_scale"),
      queries.count == 3, keys.first ?? 0 < queries[0]
    {
      return true
    }
    return names.contains { name in Self.lateParts.contains { name.contains($0) } }
  }

  private static let lateParts = [
    "head_attn_sink", "to_value_residual_mix", "q_rmsnorm", "k_rmsnorm", "value_rmsnorm",
    "to_output_gate", "stream_emb", "layer_integrators", "skip_combines", "attn_pool",
    "data_dependent_alibi", "attend.cope", "rel_proj_pos_bias", "polar_pos_emb", "to_latent_",
    "recycled_proj", "exit_gate", "ff_deep_embed", "combine_mixture", "to_gamma", "reinject_input",
    "pre_scale_post_talking_heads",
  ]
}
