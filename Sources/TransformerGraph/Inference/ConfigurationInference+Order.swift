extension ConfigurationInference {
  /// Which sub-layers there are: a depth where they repeat, else the order itself; returns a letter for each.
  mutating func order(
    _ blocks: [InferredBlock], dimension: Int, path: String, _ call: inout ModuleConfiguration
  ) -> [Character] {
    let isMacaron = answer(path + "macaron") ?? .bool(Self.isMacaron(blocks))
    if isMacaron == .bool(true) { call["macaron"] = .bool(true) }
    let letters = letters(blocks, dimension: dimension, path: path)
    if let pattern = Self.pattern(letters, isMacaron: isMacaron == .bool(true)) {
      let depth = letters.count / pattern.count
      call["depth"] = .int(depth)
      if pattern.contains("c") {
        call["cross_attend"] = .bool(true)
        if !pattern.contains("a") { call["only_cross"] = .bool(true) }
      }
      if !pattern.contains("f") { call["only_attn"] = .bool(true) }
      askAboutTiedLayers(depth, path: path)
    } else {
      call["custom_layers"] = .list(letters.map { .text(String($0)) })
      if letters.contains("c") { call["cross_attend"] = .bool(true) }
    }
    let context = blocks.first { $0.kind == .attention && $0.contextDimension != dimension }
    if let width = context?.contextDimension { call["cross_attn_dim_context"] = .int(width) }
    return letters
  }

  /// Every feed-forward block is wrapped once more than the attentions are.
  private static func isMacaron(_ blocks: [InferredBlock]) -> Bool {
    guard let forward = blocks.first(where: { $0.kind == .feedForward }) else { return false }
    let attention = blocks.first { $0.kind == .attention }
    // Without attention to compare with, or a LayerScale that a wrapper stands in, nothing tells.
    guard let attention else { return false }
    return forward.wrapperCount > attention.wrapperCount
  }

  private static func pattern(_ letters: [Character], isMacaron: Bool) -> [Character]? {
    let plain = ["af", "acf", "cf", "a", "c", "ac"]
    let patterns = isMacaron ? ["faf", "facf", "fcf"] : plain
    return patterns.map(Array.init).first { pattern in
      !letters.isEmpty && letters.count.isMultiple(of: pattern.count)
        && letters.indices.allSatisfy { letters[$0] == pattern[$0 % pattern.count] }
    }
  }

  /// Self- and cross-attention have the same keys: widths tell them apart, or mixed values, or their order.
  private mutating func letters(
    _ blocks: [InferredBlock], dimension: Int, path: String
  ) -> [Character] {
    if let given = answer(path + "custom_layers")?.letters, given.count == blocks.count {
      return given
    }
    let raw = blocks.map { block -> Character in
      if block.kind == .feedForward { return "f" }
      return block.contextDimension == dimension ? "a" : "c"
    }
    if !raw.contains("a") { return raw }
    if answer(path + "class")?.text == "CrossAttender"
      || answer(path + "only_cross") == .bool(true)
    {
      return raw.map { $0 == "a" ? "c" : $0 }
    }
    if let told = Self.lettersByMix(blocks, raw) { return told }
    if raw.contains("c") { return raw }
    return lettersByOrder(raw, path: path)
  }

  /// From 1.42.25 on every self-attention but the first mixes its values, and no cross-attention does.
  private static func lettersByMix(
    _ blocks: [InferredBlock], _ raw: [Character]
  ) -> [Character]? {
    guard blocks.contains(where: { $0.inner.has("to_value_residual_mix") }) else { return nil }
    let first = raw.firstIndex(of: "a")
    return raw.indices.map { index in
      raw[index] == "a" && index != first && !blocks[index].inner.has("to_value_residual_mix")
        ? "c" : raw[index]
    }
  }

  /// Two attentions in a row are a self- and a cross-attention where the whole order repeats so.
  private mutating func lettersByOrder(_ raw: [Character], path: String) -> [Character] {
    let alternating = Self.alternating(raw)
    guard alternating != raw else {
      if !path.hasSuffix("_") { assume(path + "only_cross") }
      return raw
    }
    let repeats = ["acf", "facf"].contains { pattern in
      let pattern = Array(pattern)
      return alternating.count.isMultiple(of: pattern.count)
        && alternating.indices.allSatisfy { alternating[$0] == pattern[$0 % pattern.count] }
    }
    // The decoder of an XTransformer attends to its encoder.
    if path == "dec_" { return alternating }
    let isCross = answer(path + "cross_attend").map { $0 == .bool(true) } ?? repeats
    ask(
      path + "cross_attend", repeats ? ["true", "false"] : ["false", "true"],
      "of two attentions in a row the second may attend to a context, or to its own stack; "
        + "\(path)custom_layers says any order")
    return isCross ? alternating : raw
  }

  private static func alternating(_ raw: [Character]) -> [Character] {
    var letters: [Character] = []
    for letter in raw { letters.append(letter == "a" && letters.last == "a" ? "c" : letter) }
    return letters
  }

  /// A single block may run several times.
  private mutating func askAboutTiedLayers(_ depth: Int, path: String) {
    if depth == 1 { assume(path + "weight_tie_layers") }
  }
}

extension ArgumentValue {
  /// The letters of `custom_layers`.
  fileprivate var letters: [Character]? {
    switch self {
    case .text(let text): return Array(text)
    case .list(let items):
      let letters = items.compactMap { item -> Character? in
        if case .text(let text) = item, text.count == 1 { return text.first }
        return nil
      }
      return letters.count == items.count ? letters : nil
    default: return nil
    }
  }
}
