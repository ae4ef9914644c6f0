internal import TransformerGraph

extension ConfigurationMigration {
  /// The arguments of a stack; `prefix` stands before them in an XTransformer.
  mutating func layers(
    _ call: inout ModuleConfiguration, prefix: String, _ layers: AttentionLayers, path: String
  ) {
    var editor = ArgumentEditor(call: call, prefix: prefix, release: to)
    let place = path.isEmpty ? String(prefix.dropLast()) : path
    if !layers.carried.isEmpty { refuseCarried(layers.carried, place) }
    if !layers.carriesLogits { editor["residual_attn"] = nil }
    if !layers.carriesCrossLogits { editor["cross_residual_attn"] = nil }
    rotary(&editor, layers, place)
    norms(&editor, layers, place)
    residuals(&editor, layers, place)
    positionBias(layers, place)
    changedOptions(editor, place)
    if let limit = layers.outputSoftclamp {
      editor["softclamp_output_value"] = .double(limit)
      editor["softclamp_output"] = to < Dialect(1, 31, 6) ? nil : .bool(true)
    } else {
      editor["softclamp_output_value"] = nil
    }
    let blocks = layers.attentions
    if let block = blocks.first { attention(&editor, block, layers, place) }
    for block in blocks where !block.carried.isEmpty { refuseCarried(block.carried, place) }
    call = editor.call
  }

  /// Options whose formula or keys changed, and the first release of what they are now.
  private mutating func changedOptions(_ editor: ArgumentEditor, _ place: String) {
    let changes: [(String, Dialect)] = [
      ("num_residual_streams", Dialect(2, 14, 0)), ("integrate_layers", Dialect(2, 3, 0)),
      ("attn_aggregated_residuals", Dialect(2, 29, 3)), ("ff_glu_softclamp", Dialect(2, 29, 3)),
      ("attn_sparse_topk", Dialect(1, 39, 0)),
    ]
    for (option, release) in changes where from < release || to < release {
      switch editor[option] {
      case nil, .bool(false)?, .int(1)?, .some(.none): continue
      default: notes.refuse(place, "has \(option), which meant something else before \(release)")
      }
    }
  }

  private mutating func rotary(
    _ editor: inout ArgumentEditor, _ layers: AttentionLayers, _ place: String
  ) {
    guard let rotary = layers.rotary else { return }
    let rotated = 2 * rotary.inverseFrequencies.shape[0]
    var given: Int?
    if case .int(let value)? = editor["rotary_emb_dim"] { given = value }
    func dimension(_ given: Int?) -> Int {
      let dimension = to.rotaryDimension(given: given, headDimension: layers.headDimension)
      return (dimension + 1) / 2 * 2
    }
    if dimension(given) != rotated {
      editor["rotary_emb_dim"] = .int(rotated)
      if dimension(rotated) != rotated {
        notes.refuse(place, "turns \(rotated) features of a head, and it turns at least 32")
      }
    }
    let turnsValues = layers.attentions.contains(where: \.rotatesValues)
    editor["attn_rotary_embed_values"] = nil
    if turnsValues, !to.rotatesValues {
      if editor.knows("attn_rotary_embed_values") {
        editor["attn_rotary_embed_values"] = .bool(true)
      } else {
        notes.refuse(
          place, "turns the values too by rotary positions, as releases before 1.20 do")
      }
    }
    if !turnsValues, to.rotatesValues {
      notes.refuse(
        place, "does not turn the values by rotary positions, as releases before 1.20 do")
    }
    if turnsValues, from.rotatesInterleavedPairs != to.rotatesInterleavedPairs {
      notes.refuse(place, "turns other pairs of the values' features")
    }
  }

  private mutating func norms(
    _ editor: inout ArgumentEditor, _ layers: AttentionLayers, _ place: String
  ) {
    if !editor.knows("norm_add_unit_offset") { editor["norm_add_unit_offset"] = nil }
    if editor["use_qk_norm_attn"] == .bool(true), !editor.knows("use_qk_norm_attn") {
      notes.refuse(
        place, "has use_qk_norm_attn, with the norms of attention behind it and the others in front"
      )
    }
    guard editor["pre_norm_has_final_norm"] == .bool(false) else { return }
    if layers.finalNorm != nil {
      // It was accepted and forgotten: now it would be obeyed.
      editor["pre_norm_has_final_norm"] = nil
    } else if !to.obeysFinalNormFlag {
      notes.refuse(place, "has no final norm, and it always has one")
    }
  }

  private mutating func residuals(
    _ editor: inout ArgumentEditor, _ layers: AttentionLayers, _ place: String
  ) {
    if editor["deepnorm"] == .bool(true), !editor.knows("deepnorm"),
      case .sum(_, let constant)? = layers.layers.first?.residual
    {
      editor["deepnorm"] = nil
      editor["resi_dual"] = nil
      editor["pre_norm"] = .bool(false)
      editor["scale_residual"] = .bool(true)
      editor["scale_residual_constant"] = .double(constant)
    }
    if let value = editor["depth_scale_residual"], value != .bool(false),
      from.depthScalesBranch != to.depthScalesBranch
    {
      depthScale(&editor, layers, value, place)
    }
    switch editor["scale_residual"] {
    case .int(let value)? where value != 0: numericResidual(&editor, place)
    case .double(let value)? where value != 0: numericResidual(&editor, place)
    default: break
    }
    if let dual = layers.dualResidual, editor.knows("resi_dual"), to.dualResidual != dual.form {
      let forms: Set = [to.dualResidual, dual.form]
      if forms.contains(.atEachLayer) || dual.scale != 1 || !layers.hasPlainResiduals {
        notes.refuse(place, "joins the streams of resi_dual in another way")
      }
    }
    if layers.carriesLogits || layers.carriesCrossLogits { carriedLogits(layers, place) }
    guard layers.addsValueResidual else {
      editor["learned_value_residual_mix"] = nil
      return
    }
    if from.addsValueResiduals != to.addsValueResiduals {
      notes.refuse(
        place, "adds the first layer's values to later ones, and one of the releases averages")
    }
    let isLearned = layers.attentions.contains { $0.valueResidualMix != nil }
    editor["learned_value_residual_mix"] =
      editor.knows("learned_value_residual_mix") ? .bool(isLearned) : nil
    if isLearned, !editor.knows("learned_value_residual_mix") {
      notes.refuse(place, "mixes values by a learned amount, and it averages them")
    }
  }

  /// Before 2.31.2 a number was read as true.
  private mutating func numericResidual(_ editor: inout ArgumentEditor, _ place: String) {
    if !from.numericResidualScalesBranch {
      editor["scale_residual"] = .bool(true)
    } else if !to.numericResidualScalesBranch {
      notes.refuse(place, "multiplies blocks by the number scale_residual, and it does not")
    }
  }

  /// `True` was `depth^-0.5` for a while; a number has always been a number.
  private mutating func depthScale(
    _ editor: inout ArgumentEditor, _ layers: AttentionLayers, _ value: ArgumentValue,
    _ place: String
  ) {
    guard value == .bool(true) else { return }
    if from.depthScalesBranch, to.numericResidualScalesBranch {
      editor["depth_scale_residual"] = .double(layers.layers.first?.branchScale ?? 1)
      if layers.layers.contains(where: { $0.branchScale != layers.layers.first?.branchScale }) {
        notes.refuse(place, "has macaron and depth_scale_residual")
      }
    } else {
      editor["depth_scale_residual"] = nil
      if from.depthScalesBranch { notes.refuse(place, "multiplies blocks by depth^-0.5") }
    }
  }

  /// Which logits are carried matters where something happens to them.
  private mutating func carriedLogits(_ layers: AttentionLayers, _ place: String) {
    guard from.carriedLogits != to.carriedLogits else { return }
    let isTouched =
      layers.relativePosition != nil
      || layers.attentions.contains { $0.softclamp != nil || $0.talkingHeads.preSoftmax != nil }
    if isTouched { notes.refuse(place, "carries other logits from layer to layer (residual_attn)") }
  }

  private mutating func positionBias(_ layers: AttentionLayers, _ place: String) {
    let hasMemories = layers.attentions.contains { $0.memoryKeys != nil }
    let hasWindow = layers.attentions.contains { $0.maxAttendPast != nil }
    let differs = from.memoryPositions != to.memoryPositions
    if hasMemories, differs, layers.relativePosition != nil || hasWindow {
      notes.refuse(place, "counts the positions of attn_num_mem_kv in another way")
    }
    switch layers.relativePosition {
    case .alibi(_, let form)?:
      let other = to.alibiForm(isCausal: layers.isCausal)
      // In a causal stack the two differ by a number for each query, which softmax does not see.
      let isSame = form == other || (layers.isCausal && form != .positiveDistance)
      if !isSame { notes.refuse(place, "has ALiBi with another sign") }
    case .dynamic(let network)?:
      let isSiLU = network.activation == .silu
      if isSiLU != to.dynamicBiasHasSiLU {
        notes.refuse(
          place, "has dynamic_pos_bias with \(isSiLU ? "SiLU" : "ReLU"), and it has the other")
      }
    case .buckets?, nil: break
    }
  }
}

/// Edits the arguments of a stack where they stand.
struct ArgumentEditor {
  var call: ModuleConfiguration
  let prefix: String
  let release: Dialect

  subscript(name: String) -> ArgumentValue? {
    get { call[prefix + name] }
    set { call[prefix + name] = newValue }
  }

  /// Whether the release's layers take the argument.
  func knows(_ name: String) -> Bool { release.knows(name, of: "AttentionLayers") }
}

extension AttentionLayers {
  /// The attentions of the stack, cross-attentions too.
  var attentions: [Attention] {
    layers.compactMap { layer in
      switch layer.block {
      case .attention(let block), .crossAttention(let block): block
      case .feedForward: nil
      }
    }
  }

  /// Whether every residual is a plain sum.
  fileprivate var hasPlainResiduals: Bool {
    layers.allSatisfy { layer in
      if case .sum(nil, let constant) = layer.residual { constant == 1 } else { false }
    }
  }
}
