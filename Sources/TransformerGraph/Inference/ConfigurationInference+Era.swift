internal import Checkpoints
internal import TensorStorage

extension ConfigurationInference {
  /// Eras that leave their mark on the keys, the oldest first; then those that only values tell.
  mutating func readEra(_ tree: TensorTree) {
    let marks = EraMarks(tree)
    if marks.hasSingleNorms {
      set(dialect: Dialect(0, 20, 9), because: "sub-layers have one norm each, without a number")
    } else if marks.hasBareTable {
      set(dialect: Dialect(0, 23, 0), because: "the table is 'token_emb.weight'")
    } else if marks.has(".1.net.0.proj.weight") || marks.has(".1.net.0.0.weight") {
      readNetEra(marks)
    } else if marks.hasWrapperNorm {
      readWrapperNormEra(marks)
    } else if marks.has(".1.ff.3.weight"), !marks.has(".1.ff.1.gamma"),
      !marks.has(".1.ff.1.weight")
    {
      set(dialect: Dialect(1, 17, 3), because: "the second feed-forward layer is 'ff.3'")
      askRelease(
        ["1.16.5", "1.16.2", "1.15.0"],
        "1.16.1 to 1.16.4 cascade heads, and 1.16.4 changed resi_dual")
    } else if marks.has(norm: "bias")
      || marks.hasHeadBias && !marks.has(norm: "gamma") && !marks.isLate
    {
      let reason = marks.has(norm: "bias") ? "norms have biases" : "the head has a bias"
      set(dialect: Dialect(1, 26, 6), because: reason)
      if marks.isRotary {
        askRelease(["1.19.1"], "releases before 1.20 turn the values too by rotary positions")
      }
    } else if marks.has(norm: "beta"), !marks.has(norm: "pre_tanh_scale"),
      !marks.has(norm: "alpha")
    {
      set(dialect: Dialect(1, 27, 0), because: "norms have a 'beta' buffer")
    } else if marks.has(norm: "weight") {
      readWeightEra(marks)
    } else {
      readGains(tree, marks)
    }
  }

  /// Asks for the release where keys point to several; the one that is assumed comes first.
  private mutating func askRelease(_ others: [String], _ reason: String) {
    ask("x_transformers", ["\(dialect)"] + others, reason)
  }

  /// 0.24.0 to 0.32.3, where the feed-forward block is `net`.
  private mutating func readNetEra(_ marks: EraMarks) {
    let reason = "feed-forward keys begin with 'net.'"
    if marks.has(".1.to_out.bias") || marks.has(".1.to_out.0.bias") {
      set(dialect: Dialect(0, 25, 9), because: reason + " and 'to_out' has a bias")
      askRelease(["0.25.0", "0.24.1", "0.24.0"], "0.24.0 alone does not scale absolute positions")
    } else if marks.has(".1.scale") {
      set(dialect: Dialect(0, 29, 2), because: reason + " and heads have a temperature")
      askRelease(["0.30.0"], "0.30.0 reads the temperatures in another way")
    } else {
      set(dialect: Dialect(0, 32, 3), because: reason)
      askRelease(
        ["0.28.0", "0.26.0"], "releases differ in ALiBi and in normalised queries and keys")
    }
  }

  /// 0.33.0 to 1.14, where the last norm stands on the wrapper.
  private mutating func readWrapperNormEra(_ marks: EraMarks) {
    let isOnAttention =
      marks.has(".1.pre_softmax_talking_heads.weight")
      || marks.has(".1.post_softmax_talking_heads.weight")
    if marks.isInfused {
      set(dialect: Dialect(1, 5, 3), because: "positions are infused into attention")
      return
    }
    set(
      dialect: isOnAttention ? Dialect(1, 12, 1) : Dialect(1, 14, 0),
      because: "the last norm stands on the wrapper")
    if marks.has(".1.qk_norm_q_scale") {
      askRelease(
        ["1.9.1", "1.9.0"], "releases before 1.9.2 have no constant beside the learned scales")
    } else {
      askRelease(
        ["1.9.0", "1.2.0", "1.0.0", "0.33.1"],
        "releases of those keys differ in masked queries, memory keys, residual attention and "
          + "normalised queries and keys")
    }
  }

  /// 1.27.1 to 1.30.23, where gains are called `weight`.
  private mutating func readWeightEra(_ marks: EraMarks) {
    set(dialect: Dialect(1, 30, 0), because: "norm gains are called 'weight'")
    guard marks.isRotary else { return }
    askRelease(
      ["1.30.23"],
      "releases before and from 1.30.1 turn other pairs of features by rotary positions")
  }

  /// Gains near 1 were stored before the unit offset (1.31.2), gains near 0 after it.
  private mutating func readGains(_ tree: TensorTree, _ marks: EraMarks) {
    // A LayerNorm's 'gamma' began with 1.31.0; RMSNorm and ScaleNorm have always had their 'g'.
    let isNear = hasGainsNearOne(tree)
    guard isNear, !marks.isLate else {
      readLateEra(marks)
      return
    }
    let reason =
      "gains near 1 occur in releases before 1.31.2, and later with norm_add_unit_offset=false"
    if marks.has(norm: "gamma") {
      set(
        dialect: Dialect(1, 31, 1),
        because: "norm gains are near 1, as before they were stored less one")
      askRelease(["\(Dialect.newest)", "1.31.0"], reason)
    } else {
      set(
        dialect: Dialect(1, 31, 1),
        because: "norm gains are near 1, as before they were stored less one")
      let older = marks.isRotary ? ["1.30.0"] : marks.has(norm: "g") ? ["1.27.0"] : []
      askRelease(["\(Dialect.newest)"] + older, reason)
    }
  }

  /// From 1.31.2 on keys differ in single modules only.
  private mutating func readLateEra(_ marks: EraMarks) {
    let scales =
      "learned scales of queries and keys were ignored from 2.17.1 to 2.25.4, and had a "
      + "constant before"
    if marks.hasClassVector {
      set(dialect: Dialect(1, 40, 10), because: "the class token has no leading extent")
    } else if marks.hasKeyScalesForEachHead {
      set(dialect: Dialect(1, 40, 9), because: "learned scales of keys stand for each query head")
    } else if marks.hasSharedValueMix {
      set(dialect: Dialect(1, 42, 14), because: "one amount mixes the values of all heads")
    } else if marks.hasEncoderHead {
      set(dialect: Dialect(1, 35, 1), because: "the encoder has a head")
    } else if marks.has(".1.to_v_gate.bias") {
      set(dialect: Dialect(2, 25, 5), because: "'to_v_gate' has a bias")
      if marks.has(".1.qk_norm_q_scale") { askRelease(["2.25.4", "2.17.0"], scales) }
    } else if marks.has(".1.qk_norm_q_scale") {
      askRelease(["2.25.4", "2.17.0"], scales)
    } else if marks.hasLayerScale {
      askRelease(["1.31.7"], "from 1.31.2 to 1.31.7 LayerScale's gain was stored without an offset")
    } else if marks.hasNoHead {
      askRelease(
        ["2.30.4"], "tied logits are multiplied by dim^-0.5 from 2.30.5 on, and by 1 before")
    }
  }

  /// Whether the gains of norms are near 1 on average.
  func hasGainsNearOne(_ tree: TensorTree) -> Bool {
    let gains = checkpoint.entries.filter { entry in
      let name = entry.name.text
      guard name.hasPrefix(tree.prefix), entry.tensor.shape.count == 1,
        entry.tensor.elementCount <= 65_536, name.hasSuffix(".g") || name.hasSuffix(".gamma"),
        entry.tensor.cast(to: .f32) != nil
      else { return false }
      // Of a sub-layer's norms, not of LayerScale or of the attention.
      let parts = name.split(separator: ".")
      return parts.count > 3 && parts[parts.count - 3] == "0" && Int(parts[parts.count - 2]) != nil
    }.prefix(8)
    let values = gains.compactMap { try? $0.tensor.floats() }.joined()
    guard !values.isEmpty else { return false }
    return abs(values.reduce(0, +) / Float(values.count) - 1) < 0.35
  }
}
