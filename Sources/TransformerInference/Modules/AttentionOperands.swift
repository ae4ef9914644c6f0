internal import TransformerGraph

/// Queries, keys and values of one attention, normalised and turned, ready for their product.
struct AttentionOperands {
  /// `[b, n, H · dh]`.
  var queries: Activations
  /// `[b, j, KV · dh]`, with zero and memory keys in front.
  var keys: Activations
  /// Features of a head of queries and keys: `dh`, and twice that with polar positions.
  var headDimension: Int
  /// Heads of the keys.
  var keyHeadCount: Int
  /// The values before anything was mixed into them or put in front.
  let ownValues: Activations
  /// `[b, j, KV · dv]`.
  var values: Activations
  /// Keys in front that are not tokens: always visible, without a position bias.
  var frontCount = 0
  /// Which keys are there, front ones included; nil: all.
  var mask: Mask?
  /// Whether some mask applies, so that rows without any visible key give nothing.
  var clearsEmptyRows = false

  init(
    _ block: Attention, _ inputs: AttentionInputs, isCross: Bool, pass: ForwardPass,
    _ state: inout PassState
  ) throws(InferenceError) {
    let heads = block.heads
    headDimension = heads.dimension
    keyHeadCount = heads.keyCount
    let sources = try LatentInputs(block.latents, inputs, pass)
    queries = try pass.apply(block.toQuery, to: sources.query)
    keys = try pass.apply(block.toKey, to: sources.key)
    if let rotated = sources.rotatedKeys { keys = keys.beside(rotated) }
    values = try pass.apply(block.toValue, to: sources.value)
    ownValues = values
    try Self.mixValues(block, sources.query, &values, isCross: isCross, pass, &state)
    try Self.normalize(block, &queries, &keys, pass)
    if let gain = try pass.weights.values(block.valueNormGain) {
      Self.normalizeHeads(
        &values, heads.keyCount, heads.valueDimension, by: Float(heads.valueDimension).squareRoot(),
        gain: gain, offset: 1)
    }
    try Self.extendCache(&keys, &values, isCross: isCross, &state)
    if !isCross, let rotary = state.rotary { rotate(rotary, heads, block.rotatedHeadCount) }
    if !isCross, let polar = state.polar { turn(polar, heads) }
    mask = isCross && state.context != nil ? state.contextMask : state.mask
    clearsEmptyRows = mask != nil || block.maxAttendPast != nil
    try prependMemories(block, pass)
  }

  /// Values of the first attention of its kind, mixed in: `v0 + (v − v0) · mix`.
  private static func mixValues(
    _ block: Attention, _ x: Activations, _ values: inout Activations, isCross: Bool,
    _ pass: ForwardPass, _ state: inout PassState
  ) throws(InferenceError) {
    guard state.addsValueResidual else { return }
    let first = isCross ? state.firstCrossValues : state.firstValues
    guard let first else {
      if isCross { state.firstCrossValues = values } else { state.firstValues = values }
      return
    }
    let width = block.heads.valueDimension
    let mixes = try block.valueResidualMix.map { mix throws(InferenceError) in
      try pass.apply(mix, to: x)
    }
    for index in values.values.indices {
      let mix = mixes.map { ForwardPass.logistic($0.values[index / width]) } ?? 0.5
      let place = index / values.width * first.width + index % values.width % first.width
      values.values[index] =
        first.values[place] + (values.values[index] - first.values[place]) * mix
    }
  }

  private static func normalize(
    _ block: Attention, _ queries: inout Activations, _ keys: inout Activations,
    _ pass: ForwardPass
  ) throws(InferenceError) {
    let heads = block.heads
    let root = Float(heads.dimension).squareRoot()
    switch block.queryKeyNorm {
    case .none: break
    case .lengths(let groups, _, let queryScale, let keyScale):
      let width = heads.dimension / groups
      normalizeHeads(&queries, heads.count * groups, width, by: 1, gain: nil, offset: 0)
      normalizeHeads(&keys, heads.keyCount * groups, width, by: 1, gain: nil, offset: 0)
      multiplyHeads(&queries, by: try pass.weights.values(queryScale))
      multiplyHeads(&keys, by: try pass.weights.values(keyScale))
    }
    if let gain = try pass.weights.values(block.queryNormGain) {
      normalizeHeads(&queries, heads.count, heads.dimension, by: root, gain: gain, offset: 1)
    }
    if let gain = try pass.weights.values(block.keyNormGain) {
      normalizeHeads(&keys, heads.keyCount, heads.dimension, by: root, gain: gain, offset: 1)
    }
  }

  /// Multiplies each token's features by `scales`, one for each.
  private static func multiplyHeads(_ x: inout Activations, by scales: [Float]?) {
    guard let scales else { return }
    let width = x.width
    let rows = x.rowCount
    var span = x.values.mutableSpan
    for row in 0..<rows {
      var part = span.extractingMutable((row * width)..<((row + 1) * width))
      Elementwise.multiply(&part, by: scales.span)
    }
  }

  /// Divides each head by its length and multiplies it by `factor`, and by its gain.
  private static func normalizeHeads(
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

  /// Puts earlier tokens' keys and values in front, and keeps all of them for the next pass.
  private static func extendCache(
    _ keys: inout Activations, _ values: inout Activations, isCross: Bool, _ state: inout PassState
  ) throws(InferenceError) {
    guard var cache = state.cache else { return }
    if cache.position < cache.entries.count {
      let earlier = cache.entries[cache.position]
      keys = isCross ? earlier.keys : earlier.keys.followed(by: keys)
      values = isCross ? earlier.values : earlier.values.followed(by: values)
      cache.entries[cache.position] = (keys, values)
    } else {
      cache.entries.append((keys, values))
    }
    cache.position += 1
    state.cache = cache
  }

  /// Turns the last `rotated` heads of queries and keys by their positions.
  private mutating func rotate(_ table: RotaryTable, _ heads: Attention.Heads, _ rotated: Int) {
    let offset = keys.length - queries.length
    Self.rotate(
      &queries, table, heads.count, heads.dimension, last: rotated, offset: offset, role: .query)
    let keyHeads = heads.count == rotated ? heads.keyCount : rotated
    Self.rotate(
      &keys, table, heads.keyCount, heads.dimension, last: keyHeads, offset: 0, role: .key)
    if table.rotatesValues {
      Self.rotate(
        &values, table, heads.keyCount, heads.valueDimension, last: keyHeads, offset: 0,
        role: .value)
    }
  }

  private static func rotate(
    _ x: inout Activations, _ table: RotaryTable, _ heads: Int, _ width: Int, last: Int,
    offset: Int, role: RotaryTable.Role
  ) {
    let (batch, length, stride) = (x.batch, x.length, x.width)
    var span = x.values.mutableSpan
    for item in 0..<batch {
      for position in 0..<length {
        for head in (heads - last)..<heads {
          table.rotate(
            &span, at: (item * length + position) * stride + head * width,
            position: position + offset, role: role)
        }
      }
    }
  }

  /// Turns queries and keys by polar positions: each feature becomes two.
  private mutating func turn(_ table: PolarTable, _ heads: Attention.Heads) {
    let offset = keys.length - queries.length
    queries = table.turned(
      queries, heads: heads.count, of: heads.count, offset: offset, isKey: false)
    keys = table.turned(keys, heads: heads.keyCount, of: heads.count, offset: 0, isKey: true)
    headDimension = 2 * heads.dimension
    keyHeadCount = heads.count
  }

  /// Learned memories, and a zero key and value before them.
  private mutating func prependMemories(
    _ block: Attention, _ pass: ForwardPass
  ) throws(InferenceError) {
    let heads = block.heads
    if let memoryKeys = block.memoryKeys, let memoryValues = block.memoryValues {
      let count = memoryKeys.shape[1]
      var rows = Activations(
        Self.tokensFirst(try pass.weights.values(memoryKeys), memoryKeys.shape), batch: 1,
        length: count, width: heads.keyCount * heads.dimension)
      if case .lengths(let groups, _, _, let scale) = block.queryKeyNorm {
        Self.normalizeHeads(
          &rows, heads.keyCount * groups, heads.dimension / groups, by: 1, gain: nil, offset: 0)
        Self.multiplyHeads(&rows, by: try pass.weights.values(scale))
      }
      keys = keys.joined(with: rows.values)
      values = values.joined(
        with: Self.tokensFirst(try pass.weights.values(memoryValues), memoryValues.shape))
      mask = mask?.padded(by: count)
      frontCount += count
    }
    if let limit = block.kernel.laserSoftclamp { values.exponentiate(softclamp: Float(limit)) }
    if block.addsZeroKeyValue {
      keys = keys.joined(with: [Float](repeating: 0, count: keys.width))
      values = values.joined(with: [Float](repeating: 0, count: values.width))
      mask = mask?.padded(by: 1)
      frontCount += 1
    }
  }

  /// `[heads, n, d]` as `[n, heads · d]`.
  private static func tokensFirst(_ values: [Float], _ shape: [Int]) -> [Float] {
    let (heads, count, width) = (shape[0], shape[1], shape[2])
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for position in 0..<count {
      for head in 0..<heads {
        let start = (head * count + position) * width
        result += values[start..<(start + width)]
      }
    }
    return result
  }
}

extension Activations {
  /// The tokens of `other` behind these, sequence by sequence.
  func followed(by other: Activations) -> Activations {
    var all: [Float] = []
    all.reserveCapacity(values.count + other.values.count)
    for item in 0..<batch {
      all += values[(item * length * width)..<((item + 1) * length * width)]
      all += other.values[(item * other.length * width)..<((item + 1) * other.length * width)]
    }
    return Activations(all, batch: batch, length: length + other.length, width: width)
  }
}
