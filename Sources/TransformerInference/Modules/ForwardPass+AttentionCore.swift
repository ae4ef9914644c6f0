internal import TransformerGraph

// The product of queries and keys, softmax, and the product with the values, for blocks of queries: memory
// stays bounded however long the sequence is.

extension ForwardPass {
  /// Attends, giving `[b, n, H · dv]`.
  func attend(
    _ block: Attention, _ inputs: AttentionInputs, _ operands: AttentionOperands, isCross: Bool,
    state: inout PassState
  ) throws(InferenceError) -> Activations {
    let carries = isCross ? state.carriesCrossLogits : state.carriesLogits
    let core = try AttentionCore(
      block, operands, isCross: isCross, previous: isCross ? state.crossLogits : state.logits,
      keepsLogits: carries, bias: isCross || block.bias.forgetGates != nil ? nil : state.bias,
      dataBias: try AttentionDataBias(block, inputs, pass: self), queryMask: state.mask,
      prefixLength: isCross ? 0 : state.prefixLength, isPrefix: !isCross && state.isPrefixDecoder,
      pass: self)
    var out = Activations(
      batch: operands.queries.batch, length: operands.queries.length,
      width: block.heads.count * block.heads.valueDimension)
    let logits = core.run(into: &out)
    if carries {
      if isCross { state.crossLogits = logits } else { state.logits = logits }
    }
    return out
  }
}

/// One attention over a batch.
struct AttentionCore {
  let heads: Attention.Heads
  let operands: AttentionOperands
  let scale: Float
  let isCausal: Bool
  let previous: [Float]?
  let keepsLogits: Bool
  let bias: DistanceBias?
  let dataBias: AttentionDataBias?
  let contextual: ContextualTable?
  let normalizer: AttentionKernel.Normalizer
  let usesDistance: Bool
  let isSelective: Bool
  let isSigned: Bool
  let queryMask: Mask?
  let prefixLength: Int
  let softclamp: Float?
  let maxAttendPast: Int?
  let sink: [Float]?
  let preMix: [Float]?
  let postMix: [Float]?
  let prePostMix: [Float]?

  init(
    _ block: Attention, _ operands: AttentionOperands, isCross: Bool, previous: [Float]?,
    keepsLogits: Bool, bias: DistanceBias?, dataBias: AttentionDataBias?, queryMask: Mask?,
    prefixLength: Int, isPrefix: Bool, pass: ForwardPass
  ) throws(InferenceError) {
    heads = block.heads
    self.operands = operands
    if case .lengths(_, let given, _, _) = block.queryKeyNorm {
      scale = Float(given)
    } else {
      scale = 1 / Float(block.heads.dimension).squareRoot()
    }
    // A single query sees every key: that is how decoding with a cache works.
    isCausal = (block.isCausal && operands.queries.length > 1) || isPrefix
    self.previous = previous
    self.keepsLogits = keepsLogits
    self.bias = bias
    self.dataBias = dataBias
    self.queryMask = queryMask
    contextual = try ContextualTable(block.bias.contextual, pass: pass)
    normalizer = block.kernel.normalizer
    usesDistance = block.kernel.usesDistance
    isSelective = block.kernel.isSelective
    isSigned = block.kernel.isSigned
    self.prefixLength = prefixLength
    softclamp = block.softclamp.map { Float($0) }
    maxAttendPast = block.maxAttendPast
    sink = try pass.weights.values(block.sink)
    preMix = try pass.weights.values(block.talkingHeads.preSoftmax)
    postMix = try pass.weights.values(block.talkingHeads.postSoftmax)
    prePostMix = try pass.weights.values(block.talkingHeads.preScalePost)
  }

  var queryCount: Int { operands.queries.length }
  private var keyCount: Int { operands.keys.length }

  /// Fills `out`; the logits before the softmax, `[b, H, i, j]`, if they are kept.
  func run(into out: inout Activations) -> [Float]? {
    let perRow = max(1, heads.count * keyCount * 4)
    // Inverted attention is over the queries: it needs all of them.
    let rows =
      normalizer == .inverted
      ? queryCount : max(1, min(queryCount, Self.blockByteCount / perRow))
    var kept =
      keepsLogits
      ? [Float](repeating: 0, count: out.batch * heads.count * queryCount * keyCount) : nil
    for item in 0..<out.batch {
      var start = 0
      var hidden = [Float](repeating: 0, count: isSelective ? keyCount : 0)
      while start < queryCount {
        let block = start..<min(start + rows, queryCount)
        attend(item, block, into: &out, keeping: &kept, hidden: &hidden)
        start = block.upperBound
      }
    }
    return kept
  }

  private func attend(
    _ item: Int, _ queries: Range<Int>, into out: inout Activations, keeping kept: inout [Float]?,
    hidden: inout [Float]
  ) {
    // Behind the last query's own position a causal row sees nothing.
    let offset = keyCount - queryCount
    let visible =
      isCausal
      ? min(keyCount, max(queries.upperBound + offset, operands.frontCount + prefixLength))
      : keyCount
    var logits = [Float](repeating: 0, count: heads.count * queries.count * visible)
    multiplyKeys(item, queries, visible, into: &logits)
    if usesDistance { subtractLengths(item, queries, visible, &logits) }
    if let previous { add(previous, item, queries, visible, to: &logits) }
    let prePost = prePostMix.map { mixed(logits, by: $0, keepsOwn: false) }
    if let preMix { logits = mixed(logits, by: preMix, keepsOwn: true) }
    dataBias?.add(item, queries, visible, front: operands.frontCount, to: &logits)
    eachRow(queries, visible) { head, query, range in
      finish(head, query, range, &logits)
    }
    let signs = isSigned ? Self.takeSigns(&logits) : nil
    eachRow(queries, visible) { _, query, range in mask(item, query, range, &logits) }
    addContextual(item, queries, visible, &logits)
    if isSelective { hide(queries, visible, hidden: &hidden, &logits) }
    if kept != nil { keep(logits, item, queries, visible, &kept) }
    normalize(item, queries, visible, &logits)
    if let signs {
      var span = logits.mutableSpan
      Elementwise.multiply(&span, by: signs.span)
    }
    if let postMix { logits = mixed(logits, by: postMix, keepsOwn: false) }
    if let prePost {
      var span = logits.mutableSpan
      Elementwise.multiply(&span, by: prePost.span)
    }
    clearEmptyRows(item, queries, visible, &logits)
    multiplyValues(item, queries, visible, logits, into: &out)
  }

  private func eachRow(
    _ queries: Range<Int>, _ visible: Int, _ body: (Int, Int, Range<Int>) -> Void
  ) {
    for head in 0..<heads.count {
      for (row, query) in queries.enumerated() {
        let start = (head * queries.count + row) * visible
        body(head, query, start..<(start + visible))
      }
    }
  }

  /// `logits = queries · keysᵀ · scale`, head by head; twice that for distances.
  private func multiplyKeys(
    _ item: Int, _ queries: Range<Int>, _ visible: Int, into logits: inout [Float]
  ) {
    let (q, k) = (operands.queries, operands.keys)
    var span = logits.mutableSpan
    for head in 0..<heads.count {
      let keyHead = head % operands.keyHeadCount
      let width = operands.headDimension
      MatrixProduct.multiply(
        q.values.span,
        .init(
          offset: (item * queryCount + queries.lowerBound) * q.width + head * width,
          leadingDimension: q.width),
        k.values.span,
        .init(
          offset: item * keyCount * k.width + keyHead * width, leadingDimension: k.width,
          isTransposed: true),
        into: &span, .init(offset: head * queries.count * visible, leadingDimension: visible),
        m: queries.count, n: visible, k: width, alpha: usesDistance ? 2 * scale : scale)
    }
  }

  private func multiplyValues(
    _ item: Int, _ queries: Range<Int>, _ visible: Int, _ attention: [Float],
    into out: inout Activations
  ) {
    let v = operands.values
    let width = out.width
    var span = out.values.mutableSpan
    for head in 0..<heads.count {
      let keyHead = head % heads.keyCount
      MatrixProduct.multiply(
        attention.span, .init(offset: head * queries.count * visible, leadingDimension: visible),
        v.values.span,
        .init(
          offset: item * keyCount * v.width + keyHead * heads.valueDimension,
          leadingDimension: v.width),
        into: &span,
        .init(
          offset: (item * queryCount + queries.lowerBound) * width + head * heads.valueDimension,
          leadingDimension: width),
        m: queries.count, n: heads.valueDimension, k: visible)
    }
  }

  // A block of logits of this size stays in the second-level cache's neighbourhood.
  private static let blockByteCount = 8 << 20
}
