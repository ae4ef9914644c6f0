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
  /// Memories in front that are not tokens: always visible.
  var memoryCount = 0
  /// Zero keys before them.
  var zeroCount = 0
  /// Which keys are there, front ones included; nil: all.
  var mask: Mask?
  /// Whether some mask applies, so that rows without any visible key give nothing.
  var clearsEmptyRows = false
  /// Which queries are there, in releases where those that are not attend to everything.
  var presentQueries: Mask?

  /// Keys in front that are not tokens.
  var frontCount: Int { memoryCount + zeroCount }

  init(
    _ block: Attention, _ inputs: AttentionInputs, isCross: Bool, pass: ForwardPass,
    _ state: inout PassState
  ) throws(InferenceError) {
    let heads = block.heads
    headDimension = heads.dimension
    keyHeadCount = heads.keyCount
    let sources = try LatentInputs(block.latents, inputs, pass)
    // Positions may be infused into what queries and keys are made of.
    let infused = isCross ? nil : state.infusedPositions
    queries = try pass.apply(block.toQuery, to: sources.query.adding(infused))
    keys = try pass.apply(block.toKey, to: sources.key.adding(infused))
    if let rotated = sources.rotatedKeys { keys = keys.beside(rotated) }
    values =
      try block.toValue.map { (toValue) throws(InferenceError) in
        try pass.apply(toValue, to: sources.value)
      } ?? keys
    ownValues = values
    try Self.mixValues(block, sources.query, &values, isCross: isCross, pass, &state)
    if !block.dialect.normalizesAfterRotation { try normalize(block, pass) }
    if let gain = try pass.weights.values(block.valueNormGain) {
      Self.normalizeHeads(
        &values, heads.keyCount, heads.valueDimension, by: Float(heads.valueDimension).squareRoot(),
        gain: gain, offset: 1)
    }
    // Rotary positions are absolute: what is turned once is kept that way.
    if !isCross, let rotary = state.rotary {
      try rotate(rotary, block, earlierCount: state.cache?.length ?? 0)
    }
    state.cache?.extend(&keys, &values, isCross: isCross)
    if !isCross, let polar = state.polar { turn(polar, heads) }
    if block.dialect.normalizesAfterRotation { try normalize(block, pass) }
    try takeMasks(block, isCross: isCross, state)
    try prependMemories(block, pass)
  }

  private mutating func takeMasks(
    _ block: Attention, isCross: Bool, _ state: PassState
  ) throws(InferenceError) {
    let dialect = block.dialect
    mask = isCross && state.context != nil ? state.contextMask : state.mask
    if isCross, mask == nil, dialect.masksContextByInput { mask = state.mask }
    if let mask, mask.length != keys.length {
      throw .shapeMismatch(
        input: "--mask", expected: "[\(keys.batch), \(keys.length)], as the context has no mask",
        found: [mask.batch, mask.length])
    }
    clearsEmptyRows = dialect.clearsEmptyRows && (mask != nil || block.maxAttendPast != nil)
    if dialect.maskedQueriesAttendToAll { presentQueries = state.mask }
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
    guard block.valueResidualMix == nil || x.length == values.length else {
      throw .unsupported(
        path: "",
        options: ["a learned value residual of a context of another length than the input"])
    }
    let mixes = try block.valueResidualMix.map { mix throws(InferenceError) in
      try pass.apply(mix, to: x)
    }
    if block.dialect.addsValueResiduals {
      values = values.sum(with: first)
      return
    }
    for index in values.values.indices {
      let mix =
        mixes.map { mixes in
          ForwardPass.logistic(
            mixes.values[index / (mixes.width == 1 ? values.width : width)])
        } ?? 0.5
      let place = index / values.width * first.width + index % values.width % first.width
      values.values[index] =
        first.values[place] + (values.values[index] - first.values[place]) * mix
    }
  }

  /// Turns the last `rotated` heads of queries and keys by their positions.
  private mutating func rotate(
    _ table: RotaryTable, _ block: Attention, earlierCount: Int
  ) throws(InferenceError) {
    let (heads, rotated) = (block.heads, block.rotatedHeadCount)
    let narrowest =
      block.rotatesValues ? min(heads.dimension, heads.valueDimension) : heads.dimension
    guard 2 * table.pairCount <= narrowest else {
      throw .unsupported(
        path: "",
        options: ["rotary positions of \(2 * table.pairCount) features on \(narrowest) of a head"])
    }
    let offset = earlierCount + keys.length - queries.length
    Self.rotate(
      &queries, table, heads.count, heads.dimension, last: rotated, offset: offset, role: .query)
    let keyHeads = heads.count == rotated ? keyHeadCount : rotated
    Self.rotate(
      &keys, table, keyHeadCount, heads.dimension, last: keyHeads, offset: earlierCount,
      role: .key)
    if block.rotatesValues {
      Self.rotate(
        &values, table, keyHeadCount, heads.valueDimension, last: keyHeads, offset: earlierCount,
        role: .key)
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
    if let memoryKeys = block.memoryKeys, let memoryValues = block.memoryValues {
      let (headCount, count) = (memoryKeys.shape[0], memoryKeys.shape[1])
      guard headCount == keyHeadCount, block.heads.valueDimension == block.heads.dimension else {
        throw .unsupported(
          path: "", options: ["attn_num_mem_kv of \(headCount) heads on \(keyHeadCount) key heads"])
      }
      var rows = Activations(
        Self.tokensFirst(try pass.weights.values(memoryKeys), memoryKeys.shape), batch: 1,
        length: count, width: headCount * block.heads.dimension)
      try Self.normalizeMemories(&rows, block, pass)
      keys = keys.joined(with: rows.values)
      values = values.joined(
        with: Self.tokensFirst(try pass.weights.values(memoryValues), memoryValues.shape))
      mask = mask?.padded(by: count)
      memoryCount = count
    }
    if let limit = block.kernel.laserSoftclamp { values.exponentiate(softclamp: Float(limit)) }
    if block.addsZeroKeyValue {
      keys = keys.joined(with: [Float](repeating: 0, count: keys.width))
      values = values.joined(with: [Float](repeating: 0, count: values.width))
      mask = mask?.padded(by: 1)
      zeroCount = 1
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
  /// These with one sequence's features added to each sequence.
  func adding(_ sequence: Activations?) -> Activations {
    guard let sequence else { return self }
    var result = self
    let size = sequence.values.count
    var span = result.values.mutableSpan
    for item in 0..<batch {
      var part = span.extractingMutable((item * size)..<((item + 1) * size))
      Elementwise.add(sequence.values.span, to: &part)
    }
    return result
  }

  /// These times a number.
  func scaled(by factor: Float) -> Activations {
    var result = self
    var span = result.values.mutableSpan
    Elementwise.scale(&span, by: factor)
    return result
  }

  /// Each token's features `count` times in a row.
  func repeatingColumns(_ count: Int) -> Activations {
    (1..<max(1, count)).reduce(self) { all, _ in all.beside(self) }
  }
}
