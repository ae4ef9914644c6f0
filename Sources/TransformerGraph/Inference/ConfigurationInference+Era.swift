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
      let isOnAttention = marks.has(".1.pre_softmax_talking_heads.weight")
      set(
        dialect: isOnAttention ? Dialect(1, 12, 1) : Dialect(1, 14, 0),
        because: "the last norm stands on the wrapper")
      askAboutQueryKeyNorm(marks)
    } else if marks.has(".1.ff.3.weight"), !marks.has(".1.ff.1.gamma"),
      !marks.has(".1.ff.1.weight")
    {
      set(dialect: Dialect(1, 17, 3), because: "the second feed-forward layer is 'ff.3'")
    } else if marks.has(norm: "bias") || marks.hasHeadBias {
      let reason = marks.has(norm: "bias") ? "norms have biases" : "the head has a bias"
      set(dialect: Dialect(1, 26, 6), because: reason)
      guard marks.isRotary else { return }
      ask(
        "x_transformers", ["1.26.6", "1.19.1"],
        "releases before 1.20 turn the values too by rotary positions")
    } else if marks.has(norm: "beta") {
      set(dialect: Dialect(1, 27, 0), because: "norms have a 'beta' buffer")
    } else if marks.has(norm: "weight") {
      readWeightEra(marks)
    } else {
      readGains(tree, marks)
    }
  }

  /// 0.24.0 to 0.32.3, where the feed-forward block is `net`.
  private mutating func readNetEra(_ marks: EraMarks) {
    let reason = "feed-forward keys begin with 'net.'"
    if marks.has(".1.to_out.bias") || marks.has(".1.to_out.0.bias") {
      set(dialect: Dialect(0, 25, 9), because: reason + " and 'to_out' has a bias")
      guard marks.hasTableOfPositions else { return }
      ask(
        "x_transformers", ["0.25.9", "0.24.0"], "0.24.0 alone does not scale absolute positions")
    } else if marks.has(".1.scale") {
      set(dialect: Dialect(0, 29, 2), because: reason + " and heads have a temperature")
      ask("x_transformers", ["0.29.2", "0.30.0"], "0.30.0 reads the temperatures in another way")
    } else {
      set(dialect: Dialect(0, 32, 3), because: reason)
    }
  }

  private mutating func askAboutQueryKeyNorm(_ marks: EraMarks) {
    guard marks.has(".1.qk_norm_q_scale") else { return }
    ask(
      "x_transformers", ["\(dialect)", "1.9.1"],
      "releases before 1.9.2 have no constant beside the learned scales")
  }

  /// 1.27.1 to 1.30.23, where gains are called `weight`.
  private mutating func readWeightEra(_ marks: EraMarks) {
    set(dialect: Dialect(1, 30, 0), because: "norm gains are called 'weight'")
    guard marks.isRotary else { return }
    ask(
      "x_transformers", ["1.30.0", "1.30.23"],
      "releases before and from 1.30.1 turn other pairs of features by rotary positions")
  }

  /// Gains near 1 were stored before the unit offset (1.31.2), gains near 0 after it.
  private mutating func readGains(_ tree: TensorTree, _ marks: EraMarks) {
    guard let mean = meanGain(tree), abs(mean - 1) < 0.35 else {
      readLateEra(marks)
      return
    }
    set(
      dialect: Dialect(1, 31, 1),
      because: "norm gains are near 1, as before they were stored less one")
    // A LayerNorm's 'gamma' began with 1.31.0; RMSNorm and ScaleNorm have always had their 'g'.
    let older = marks.isRotary && !marks.has(norm: "gamma") ? ["1.30.0"] : []
    ask(
      "x_transformers",
      ["1.31.1"] + older + ["\(Dialect.newest) with norm_add_unit_offset=false"],
      "gains near 1 occur in old releases and without norm_add_unit_offset")
  }

  /// From 1.31.2 on keys differ in single modules only.
  private mutating func readLateEra(_ marks: EraMarks) {
    if marks.hasClassVector {
      set(dialect: Dialect(1, 40, 10), because: "the class token has no leading extent")
    } else if marks.hasEncoderHead {
      set(dialect: Dialect(1, 35, 1), because: "the encoder has a head")
    } else if marks.has(".1.to_v_gate.bias") {
      set(dialect: Dialect(2, 25, 5), because: "'to_v_gate' has a bias")
      guard marks.has(".1.qk_norm_q_scale") else { return }
      ask(
        "x_transformers", ["2.25.5", "2.25.4", "2.17.0"],
        "learned scales of queries and keys were ignored from 2.17.1 to 2.25.4, and had a constant before"
      )
    } else if marks.has(".1.qk_norm_q_scale") {
      ask(
        "x_transformers", ["\(Dialect.newest)", "2.25.4", "2.17.0"],
        "learned scales of queries and keys were ignored from 2.17.1 to 2.25.4, and had a constant before"
      )
    } else if marks.hasNoHead {
      ask(
        "x_transformers", ["\(Dialect.newest)", "2.30.4"],
        "tied logits are multiplied by dim^-0.5 from 2.30.5 on, and by 1 before")
    }
  }

  private func meanGain(_ tree: TensorTree) -> Float? {
    let gains = checkpoint.entries.filter { entry in
      entry.name.text.hasPrefix(tree.prefix) && entry.name.text.contains("layers.")
        && entry.tensor.shape.count == 1 && entry.tensor.elementCount <= 65_536
        && (entry.name.text.hasSuffix(".g") || entry.name.text.hasSuffix(".gamma"))
        && entry.tensor.cast(to: .f32) != nil
    }.prefix(8)
    let values = gains.compactMap { try? $0.tensor.floats() }.joined()
    return values.isEmpty ? nil : values.reduce(0, +) / Float(values.count)
  }
}

/// What keys tell of the release that wrote them.
private struct EraMarks {
  private let names: [String]
  private let tree: TensorTree
  /// Last parts of `layers.N.0.M.…`, the parameters of numbered norms.
  private let normParameters: Set<String>
  let hasSingleNorms: Bool

  init(_ tree: TensorTree) {
    self.tree = tree
    names = tree.names
    var numbered: Set<String> = []
    var hasSingleNorms = false
    for name in names {
      let parts = name.split(separator: ".")
      guard let layers = parts.lastIndex(of: "layers"), parts.count > layers + 3,
        Int(parts[layers + 1]) != nil, parts[layers + 2] == "0"
      else { continue }
      if Int(parts[layers + 3]) != nil, parts.count == layers + 5 {
        numbered.insert(String(parts[layers + 4]))
      } else if parts.count == layers + 4 {
        hasSingleNorms = true
      }
    }
    normParameters = numbered
    self.hasSingleNorms = hasSingleNorms
  }

  func has(_ ending: String) -> Bool { names.contains { $0.hasSuffix(ending) } }

  func has(norm parameter: String) -> Bool { normParameters.contains(parameter) }

  var hasBareTable: Bool { has("token_emb.weight") }
  var hasTableOfPositions: Bool { has("pos_emb.emb.weight") }
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
    hasTable && !names.contains { $0.contains("to_logits.") || $0.hasPrefix("project_out.") }
  }
  private var hasTable: Bool { has("token_emb.emb.weight") }
  var hasClassVector: Bool {
    names.contains { $0.hasSuffix("cls_token") && tree[$0]?.count == 1 }
  }
}
