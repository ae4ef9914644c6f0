extension ConfigurationInference {
  /// A wrapper around `attn_layers`; `path` stands before its arguments in questions.
  mutating func wrapper(
    _ tree: TensorTree, path: String, kind: String?
  ) -> ModuleConfiguration? {
    let layersPath = path.hasSuffix("_") ? path : path + "attn_layers."
    let isEncoder = ["cls_token", "attn_pool", "patch_to_embedding"].contains(where: tree.has)
    if isEncoder { expectEncoder(layersPath) }
    // Of images only encoders are made.
    let isVision = tree.has("patch_to_embedding")
    var stack = layers(
      tree.below("attn_layers"), path: layersPath, kind: isVision ? "Encoder" : kind)
    if stack.hasRelativePositions, tree.has("pos_emb") {
      stack.call["disable_abs_pos_emb"] = .bool(false)
    }
    assumeDefaults(of: stack.call, path: layersPath)
    if isVision { return vision(tree, path: path, stack) }
    // A head tells as much as a table that is missing.
    let tables = ["token_emb.emb.weight", "token_emb.weight", "to_logits.weight"]
    guard let table = tables.lazy.compactMap({ tree[$0] }).first, table.count == 2
    else { return continuous(tree, path: path, stack: stack) }
    var call = ModuleConfiguration("TransformerWrapper", [.init("num_tokens", .int(table[0]))])
    call["max_seq_len"] = .int(0)
    positions(tree, &call)
    if table[1] != stack.dimension { call["emb_dim"] = .int(table[1]) }
    if tree.has("post_emb_norm") { call["post_emb_norm"] = .bool(true) }
    if let memory = tree["memory_tokens"]?.first { call["num_memory_tokens"] = .int(memory) }
    if let shape = tree["cls_token"] {
      let classes = shape.count == 1 ? 1 : shape.first ?? 1
      call["use_cls_token"] = .bool(true)
      if classes != 1 { call["num_cls_tokens"] = .int(classes) }
    }
    namedEmbeddings(tree, &call)
    head(tree, path: path, tokenCount: table[0], kind: kind, &call)
    extras(tree, stack, &call)
    var names = ["l2norm_embed", "average_pool_embed", "sigsoftmax_logits"]
    if call["num_memory_tokens"] != nil { names.append("memory_tokens_interspersed_every") }
    if call["looped"] != nil { names.append("max_looped_steps") }
    if call["logits_dim"] == .int(1) { names.append("squeeze_out_last_dim") }
    for name in names where !path.hasSuffix("_") && dialect.knows(name, of: call.className) {
      assume(path + name)
    }
    var layers = stack.call
    // Norms without gains leave no trace, and loops need them on both sides.
    if call["looped"] != nil, layers["use_simple_rmsnorm"] != nil {
      layers["pre_and_post_norm"] = .bool(true)
    }
    call["attn_layers"] = .module(layers)
    return call
  }

  private mutating func continuous(
    _ tree: TensorTree, path: String, stack: InferredLayers
  ) -> ModuleConfiguration {
    var call = ModuleConfiguration("ContinuousTransformerWrapper")
    positions(tree, &call)
    if let shape = tree["project_in.weight"], shape.count == 2 { call["dim_in"] = .int(shape[1]) }
    if let rows = tree["project_out.weight"]?.first {
      let isProbabilistic = answer(path + "probabilistic") == .bool(true)
      call["dim_out"] = .int(isProbabilistic ? rows / 2 : rows)
      if isProbabilistic { call["probabilistic"] = .bool(true) }
      if rows.isMultiple(of: 2), dialect.knows("probabilistic", of: call.className) {
        ask(
          path + "probabilistic", ["false", "true"],
          "the output may be a mean and a log variance of half as many features")
      }
    }
    if tree.has("post_emb_norm") { call["post_emb_norm"] = .bool(true) }
    if let memory = tree["memory_tokens"]?.first { call["num_memory_tokens"] = .int(memory) }
    assume(path + "average_pool_embed")
    call["attn_layers"] = .module(stack.call)
    return call
  }

  private mutating func vision(
    _ tree: TensorTree, path: String, _ stack: InferredLayers
  ) -> ModuleConfiguration {
    var call = ModuleConfiguration("ViTransformerWrapper")
    let pixels = tree["patch_to_embedding.1.weight"]?.last ?? 0
    // Channels are 3 by default; of others, few are likely.
    let sizes = [3, 1, 4, 2].compactMap { channels -> (channels: Int, size: Int)? in
      let size = Int(Double(pixels / channels).squareRoot())
      return size > 0 && channels * size * size == pixels ? (channels, size) : nil
    }
    let given = answer(path + "channels")?.positive
    let (channels, size) = sizes.first { $0.channels == given } ?? sizes.first ?? (1, 1)
    let patches = tree["pos_embedding"].flatMap { $0.count == 3 ? $0[1] : nil } ?? 1
    call["image_size"] = .int(size * Int(Double(patches).squareRoot()))
    call["patch_size"] = .int(size)
    if channels != 3 { call["channels"] = .int(channels) }
    if sizes.count > 1 {
      ask(
        path + "channels", sizes.map { "\($0.channels)" },
        "only channels × patch_size² = \(pixels) is in the shapes")
    }
    if let classes = tree["mlp_head.weight"]?.first { call["num_classes"] = .int(classes) }
    if let count = tree["register_tokens"]?.first { call["num_register_tokens"] = .int(count) }
    if tree.has("post_emb_norm") { call["post_emb_norm"] = .bool(true) }
    call["attn_layers"] = .module(stack.call)
    return call
  }

  private func positions(_ tree: TensorTree, _ call: inout ModuleConfiguration) {
    if let table = tree["pos_emb.emb.weight"] ?? tree["pos_emb.weight"] {
      call["max_seq_len"] = .int(table.first ?? 0)
    } else if tree["pos_emb.scale"] != nil {
      // The sinusoids have no length of their own; this one only has to be positive.
      call["max_seq_len"] = .int(1 << 20)
      call["scaled_sinu_pos_emb"] = .bool(true)
    }
  }

  private func namedEmbeddings(_ tree: TensorTree, _ call: inout ModuleConfiguration) {
    let embeds = tree.below("embeds")
    let entries = embeds.children.compactMap { child -> ModuleConfiguration.Argument? in
      guard child.hasSuffix("_embed"), let count = embeds["\(child).weight"]?.first else {
        return nil
      }
      return .init(String(child.dropLast(6)), .int(count))
    }
    if !entries.isEmpty { call["embed_num_tokens"] = .dictionary(entries) }
  }

  private mutating func head(
    _ tree: TensorTree, path: String, tokenCount: Int, kind: String?,
    _ call: inout ModuleConfiguration
  ) {
    if let shape = tree["to_logits.weight"], shape.count == 2 {
      if tree["to_logits.bias"] != nil, !dialect.headHasBias {
        call["to_logits"] = .module(
          ModuleConfiguration(
            "Linear", [.init("in_features", .int(shape[1])), .init("out_features", .int(shape[0]))])
        )
      } else if shape[0] != tokenCount {
        call["logits_dim"] = .int(shape[0])
      }
      return
    }
    let heads = tree.below("to_logits").numberedChildren
    if let first = heads.first, let rows = tree["to_logits.\(first).weight"]?.first {
      call["num_output_heads"] = .int(heads.count)
      if rows != tokenCount { call["logits_dim"] = .int(rows) }
      return
    }
    untied(tree, path: path, kind: kind, &call)
  }

  private mutating func untied(
    _ tree: TensorTree, path: String, kind: String?, _ call: inout ModuleConfiguration
  ) {
    // An XTransformer cannot tie its head.
    if path == "dec_" { return }
    // Pooled tokens are mostly the output as they are.
    let isPooled = tree.has("attn_pool")
    let isTied = answer(path + "tie_embedding") ?? .bool(!isPooled)
    let isWide = call["emb_dim"] != nil
    let isBare =
      isWide || isTied == .bool(false) || answer(path + "return_only_embed") == .bool(true)
    call[isBare || path == "enc_" ? "return_only_embed" : "tie_embedding"] = .bool(true)
    if isWide || path == "enc_" { return }
    if !isBare, dialect.scalesTiedLogits { assume(path + "tie_embedding_scale") }
    ask(
      path + "tie_embedding", isPooled ? ["false", "true"] : ["true", "false"],
      "there is no to_logits: the head is tied to the embedding, or with false there is none "
        + "(return_only_embed)", or: [path + "return_only_embed"])
  }

  /// What else a wrapper may have around its stack.
  private func extras(
    _ tree: TensorTree, _ stack: InferredLayers, _ call: inout ModuleConfiguration
  ) {
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
    guard let queries = tree["attn_pool.queries"], queries.count == 2 else { return }
    call["attn_pool"] = .bool(true)
    if queries[0] != 1 { call["num_pooled_tokens"] = .int(queries[0]) }
    if queries[1] != stack.dimension { call["dim_pooled_tokens"] = .int(queries[1]) }
    let depth = tree.below("attn_pool.pooler.layers").numberedChildren.count / 2
    if depth > 1 { call["attn_pool_depth"] = .int(depth) }
  }
}
