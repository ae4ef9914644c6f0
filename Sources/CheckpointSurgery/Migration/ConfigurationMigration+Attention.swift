internal import TransformerGraph

extension ConfigurationMigration {
  /// The `attn_…` arguments, by what the first attention of the stack is.
  mutating func attention(
    _ editor: inout ArgumentEditor, _ block: Attention, _ layers: AttentionLayers, _ place: String
  ) {
    talkingHeads(&editor, block)
    queryKeyNorm(&editor, block, layers, place)
    if let limit = block.softclamp {
      editor["attn_logit_softclamp_value"] = .double(limit)
      editor["attn_softclamp_logits"] = to < Dialect(1, 31, 5) ? nil : .bool(true)
      if from.clampsMaskedLogits != to.clampsMaskedLogits {
        notes.refuse(place, "clamps logits on the other side of the mask")
      }
    } else {
      editor["attn_logit_softclamp_value"] = nil
    }
    if block.toValue == nil, !editor.knows("attn_shared_kv") {
      editor["attn_shared_kv"] = nil
      notes.note("keys that served as values become 'to_v' too")
    }
    // Fused kernels compute the same, but for old releases that called them with other operands.
    if to.fusedAttentionInvertsMask || to.fusedAttentionInvertsQKNormScale {
      editor["attn_flash"] = nil
    }
    let projectsSingle =
      block.heads.count == 1 && block.toOut != nil && !block.isAttentionOnAttention
    if projectsSingle, !to.singleHeadProjectsOutput {
      editor["attn_project_out"] = .bool(true)
      if !editor.knows("attn_project_out") {
        notes.refuse(place, "projects the output of a single head, and it does not")
      }
    } else if to.singleHeadProjectsOutput {
      editor["attn_project_out"] = nil
    }
  }

  /// Before 1.39 one argument asked for both mixtures.
  private func talkingHeads(_ editor: inout ArgumentEditor, _ block: Attention) {
    let mixes = block.talkingHeads
    let isFormer = editor.knows("attn_talking_heads")
    let names = [
      ("attn_pre_talking_heads", mixes.preSoftmax), ("attn_post_talking_heads", mixes.postSoftmax),
    ]
    editor["attn_talking_heads"] = nil
    for (name, _) in names { editor[name] = nil }
    if isFormer {
      let hasOne = mixes.preSoftmax != nil || mixes.postSoftmax != nil
      if hasOne { editor["attn_talking_heads"] = .bool(true) }
      return
    }
    for (name, mix) in names where mix != nil { editor[name] = .bool(true) }
  }

  private mutating func queryKeyNorm(
    _ editor: inout ArgumentEditor, _ block: Attention, _ layers: AttentionLayers, _ place: String
  ) {
    let scale: Double
    let groupCount: Int
    var isLearned = false
    switch block.queryKeyNorm {
    case .none: return
    case .temperature:
      if to.queryKeyTemperature != nil {
        if from.queryKeyTemperature != to.queryKeyTemperature {
          notes.refuse(place, "reads the temperatures of heads in another way")
        }
        return
      }
      (scale, groupCount, isLearned) = (1, 1, true)
    case .lengths(let groups, let own, let queryScale, _):
      groupCount = groups
      isLearned = queryScale != nil && !from.multipliesQKNormScaleThrice
      scale = power(own, scaleCount(block, from))
    }
    guard to.queryKeyTemperature == nil else {
      notes.refuse(place, "has attn_qk_norm with a constant, and it learns one for each head")
      return
    }
    refuseOtherOrder(layers, groupCount, place)
    for name in ["attn_scale_init_value", "attn_qk_norm_max_scale"] { editor[name] = nil }
    editor["attn_qk_norm_dim_scale"] = isLearned ? .bool(true) : nil
    if isLearned {
      if to.multipliesQKNormScaleThrice {
        notes.refuse(place, "has learned scales of queries and keys, which it ignores")
      }
      // The constant goes into the learned scales.
      editor["attn_qk_norm_scale"] = nil
      return
    }
    let given = root(scale, scaleCount(block, to))
    editor["attn_qk_norm_scale"] = given == to.defaultQKNormScale ? nil : Self.number(given)
  }

  /// Norm and rotation do not commute where they act on groups, or where xpos stretches.
  private mutating func refuseOtherOrder(
    _ layers: AttentionLayers, _ groupCount: Int, _ place: String
  ) {
    let hasMemories = layers.attentions.contains { $0.memoryKeys != nil }
    if from.normalizesAfterRotation != to.normalizesAfterRotation, let rotary = layers.rotary,
      groupCount > 1 || rotary.scale != nil
    {
      notes.refuse(place, "normalises queries and keys on the other side of their rotation")
    }
    if hasMemories, groupCount > 1,
      from.normalizesMemoryKeysInGroups != to.normalizesMemoryKeysInGroups
    {
      notes.refuse(place, "normalises memory keys in other groups")
    }
    if layers.rotary != nil, groupCount > 1,
      from.rotatesInterleavedPairs != to.rotatesInterleavedPairs
    {
      notes.refuse(place, "normalises queries and keys in groups of other pairs")
    }
    if hasMemories,
      from.multipliesQKNormScaleThrice != to.multipliesQKNormScaleThrice
        || from.scalesMemoryKeys != to.scalesMemoryKeys
    {
      notes.refuse(place, "scales memory keys in another way")
    }
  }

  /// How often a release multiplies the cosines by the scale; `attn_qk_rmsnorm` undoes it for queries and for keys.
  private func scaleCount(_ block: Attention, _ release: Dialect) -> Int {
    guard release.multipliesQKNormScaleThrice else { return 1 }
    return 1 + (block.queryNormGain == nil ? 1 : 0) + (block.keyNormGain == nil ? 1 : 0)
  }

  private func power(_ value: Double, _ exponent: Int) -> Double {
    (1..<exponent).reduce(value) { product, _ in product * value }
  }

  private func root(_ value: Double, _ degree: Int) -> Double {
    let root = degree == 1 ? value : degree == 2 ? value.squareRoot() : value.cubeRoot
    // The scales that occur are powers of whole numbers, and their roots are to be whole again.
    return power(root.rounded(), degree) == value ? root.rounded() : root
  }

  private static func number(_ value: Double) -> ArgumentValue {
    Int(exactly: value).map(ArgumentValue.int) ?? .double(value)
  }
}

extension Double {
  /// The real cube root of a number that is not negative, by Newton's iteration.
  fileprivate var cubeRoot: Double {
    guard self > 0 else { return 0 }
    var root = max(1, self / 3)
    for _ in 0..<128 { root -= (root * root * root - self) / (3 * root * root) }
    return root
  }
}
