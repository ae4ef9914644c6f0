internal import TransformerGraph

/// Looks whether an attention block can run: what fits in no shape fails in x-transformers' own forward pass.
struct AttentionCheck {
  let path: String
  /// Queries, and keys without memories.
  let length: Int
  let keyLength: Int
  let isCross: Bool
  /// Whether a PrefixDecoder masks it.
  let isPrefix: Bool
  /// Features of a head that rotary positions turn.
  let rotatedCount: Int
  let hasPolarPositions: Bool

  func check(_ block: Attention) throws(InferenceError) {
    try checkMemories(block)
    try checkValues(block)
    try checkKeys(block)
    try checkKernel(block)
    if block.receivesViews { try checkViews(block) }
  }

  private func checkMemories(_ block: Attention) throws(InferenceError) {
    guard block.memoryKeys != nil else { return }
    let heads = block.heads
    try refuse(
      heads.valueDimension != heads.dimension,
      "attn_num_mem_kv needs attn_value_dim_head = dim_head")
    try refuse(isPrefix && length > 1, "a PrefixDecoder cannot have attn_num_mem_kv")
    try refuse(hasPolarPositions, "attn_num_mem_kv and polar_pos_emb exclude each other")
    try refuse(
      block.bias.projection != nil,
      "attn_num_mem_kv and attn_use_rel_proj_pos_bias exclude each other")
  }

  private func checkValues(_ block: Attention) throws(InferenceError) {
    let heads = block.heads
    let isGrouped = heads.keyCount != heads.count
    if block.valueNormGain != nil {
      try refuse(isGrouped, "attn_value_rmsnorm needs as many key heads as heads")
      try refuse(
        heads.valueDimension != heads.dimension,
        "attn_value_rmsnorm needs attn_value_dim_head = dim_head")
    }
    try refuse(
      block.valueResidualMix != nil && isGrouped,
      "a learned value residual needs as many key heads as heads")
    try refuse(
      block.valueResidualMix.map { $0.inputCount != block.toQuery.inputCount } ?? false,
      "a learned value residual and attn_use_latent_q exclude each other")
    try refuse(
      block.kernel.orthogonalProjectionCount > 0 && length != keyLength,
      "attn_orthog_projected_values need as many keys (\(keyLength)) as queries (\(length))")
  }

  private func checkKeys(_ block: Attention) throws(InferenceError) {
    let (heads, latents) = (block.heads, block.latents)
    if hasPolarPositions {
      try refuse(
        heads.keyCount != 1 && heads.keyCount != heads.count,
        "polar_pos_emb needs as many key heads as heads, or one")
      try refuse(
        block.bias.contextual != nil, "attn_use_cope and polar_pos_emb exclude each other")
    }
    try refuse(
      rotatedCount > heads.dimension,
      "rotary positions turn \(rotatedCount) features, but a head has \(heads.dimension)")
    try refuse(
      block.bias.contextual?.softPositions != nil,
      "attn_cope_soft_onehot_pos fails in x-transformers' own forward pass")
    try refuse(
      latents.toRotatedKey != nil && latents.toLatentKeyValue == nil,
      "attn_latent_rope_subheads needs attn_use_latent_kv")
    if let projection = block.bias.projection {
      try refuse(
        projection.toWeights.inputCount != block.toQuery.inputCount,
        "attn_use_rel_proj_pos_bias and attn_use_latent_q exclude each other")
    }
    try refuse(
      block.bias.forgetGates != nil && length != keyLength && length > 1,
      "attn_data_dependent_alibi needs as many keys (\(keyLength)) as queries (\(length))")
  }

  private func checkKernel(_ block: Attention) throws(InferenceError) {
    if case .sparse(let count) = block.kernel.normalizer {
      let front = (block.memoryKeys?.shape[1] ?? 0) + (block.addsZeroKeyValue ? 1 : 0)
      let keys = keyLength + front + (block.sink == nil ? 0 : 1)
      try refuse(
        count > keys, "attn_sparse_topk is \(count), but there are only \(keys) keys to choose from"
      )
    }
    guard block.kernel.normalizer == .inverted else { return }
    try refuse(
      block.sink != nil || block.maxAttendPast != nil || block.kernel.isSelective,
      "cross_attn_inverted_attention excludes sinks, windows and selective attention")
  }

  /// Three inputs: x-transformers then takes the first dimension for the batch.
  private func checkViews(_ block: Attention) throws(InferenceError) {
    try refuse(
      block.gates.toValueGate != nil || block.gates.toHeadGate != nil || block.memoryKeys != nil
        || block.bias.forgetGates != nil || block.latents.toLatentKeyValue != nil,
      "a block whose queries, keys and values have their own inputs cannot have gates, memories, "
        + "forget gates or latent keys")
  }

  private func refuse(_ isImpossible: Bool, _ reason: String) throws(InferenceError) {
    if isImpossible { throw impossible(path, reason) }
  }
}
