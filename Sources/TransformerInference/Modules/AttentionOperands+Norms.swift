internal import TransformerGraph

// How queries, keys and memories are normalised and scaled.

extension AttentionOperands {
  mutating func normalize(
    _ block: Attention, _ pass: ForwardPass
  ) throws(InferenceError) {
    let heads = block.heads
    let root = Float(heads.dimension).squareRoot()
    switch block.queryKeyNorm {
    case .none: break
    case .temperature:
      normalizeLengths(heads, groups: 1)
    case .lengths(let groups, let scale, let queryScale, let keyScale):
      normalizeLengths(heads, groups: groups)
      if block.dialect.multipliesQKNormScaleThrice {
        queries = queries.scaled(by: Float(scale))
        keys = keys.scaled(by: Float(scale))
      } else {
        try multiply(heads, queries: queryScale, keys: keyScale, pass)
      }
    }
    if let gain = try pass.weights.values(block.queryNormGain) {
      Self.normalizeHeads(&queries, heads.count, heads.dimension, by: root, gain: gain, offset: 1)
    }
    if let gain = try pass.weights.values(block.keyNormGain) {
      Self.normalizeHeads(&keys, keyHeadCount, heads.dimension, by: root, gain: gain, offset: 1)
    }
  }

  private mutating func multiply(
    _ heads: Attention.Heads, queries queryScale: Parameter?, keys keyScale: Parameter?,
    _ pass: ForwardPass
  ) throws(InferenceError) {
    Self.multiplyHeads(&queries, by: try pass.weights.values(queryScale))
    let scales = try pass.weights.values(keyScale)
    if let scales, scales.count > max(keys.width, heads.dimension) { try repeatKeys(heads) }
    Self.multiplyHeads(&keys, by: scales)
  }

  private mutating func normalizeLengths(_ heads: Attention.Heads, groups: Int) {
    let width = heads.dimension / groups
    Self.normalizeHeads(&queries, heads.count * groups, width, by: 1, gain: nil, offset: 0)
    Self.normalizeHeads(&keys, keyHeadCount * groups, width, by: 1, gain: nil, offset: 0)
  }

  /// A single key head that gets a scale for each query head becomes as many (before 1.40.10).
  private mutating func repeatKeys(_ heads: Attention.Heads) throws(InferenceError) {
    guard keyHeadCount == 1 else {
      throw .unsupported(
        path: "", options: ["attn_qk_norm_dim_scale of all heads with fewer key heads"])
    }
    keyHeadCount = heads.count
    keys = keys.repeatingColumns(heads.count)
    values = values.repeatingColumns(heads.count)
  }

  /// Multiplies each token's features by `scales`, over and over.
  private static func multiplyHeads(_ x: inout Activations, by scales: [Float]?) {
    guard let scales else { return }
    let width = scales.count
    var span = x.values.mutableSpan
    for start in stride(from: 0, to: span.count, by: width) {
      var part = span.extractingMutable(start..<(start + width))
      Elementwise.multiply(&part, by: scales.span)
    }
  }

  /// Divides each head by its length and multiplies it by `factor`, and by its gain.
  static func normalizeHeads(
    _ x: inout Activations, _ count: Int, _ width: Int, by factor: Float, gain: [Float]?,
    offset: Float
  ) {
    let rows = x.rowCount
    let stride = x.width
    var span = x.values.mutableSpan
    for head in 0..<count {
      Elementwise.lengthNorm(
        &span, offset: head * width, rows: rows, count: width, stride: stride, factor: factor,
        floor: 1e-12, gain: gain, gainStart: gain == nil ? 0 : head * width, gainOffset: offset)
    }
  }

  static func normalizeMemories(
    _ rows: inout Activations, _ block: Attention, _ pass: ForwardPass
  ) throws(InferenceError) {
    let width = block.heads.dimension
    switch block.queryKeyNorm {
    case .none: return
    case .temperature:
      normalizeHeads(&rows, rows.width / width, width, by: 1, gain: nil, offset: 0)
    case .lengths(let given, _, _, let scale):
      let groups = block.dialect.normalizesMemoryKeysInGroups ? given : 1
      normalizeHeads(
        &rows, rows.width / width * groups, width / groups, by: 1, gain: nil, offset: 0)
      if block.dialect.scalesMemoryKeys { multiplyHeads(&rows, by: try pass.weights.values(scale)) }
    }
  }
}
