internal import TransformerGraph

// The product of queries and keys, softmax, and the product with the values, for blocks of queries: memory
// stays bounded however long the sequence is.

extension ForwardPass {
  /// Attends, giving `[b, n, H · dv]`.
  func attend(
    _ block: Attention, _ operands: inout AttentionOperands, isCross: Bool,
    state: inout PassState
  ) throws(InferenceError) -> Activations {
    let carries = isCross ? state.carriesCrossLogits : state.carriesLogits
    let core = try AttentionCore(
      block, operands, isCross: isCross, previous: isCross ? state.crossLogits : state.logits,
      keepsLogits: carries, bias: isCross ? nil : state.bias,
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
  let prefixLength: Int
  let softclamp: Float?
  let maxAttendPast: Int?
  let sink: [Float]?
  let preMix: [Float]?
  let postMix: [Float]?
  let prePostMix: [Float]?

  init(
    _ block: Attention, _ operands: AttentionOperands, isCross: Bool, previous: [Float]?,
    keepsLogits: Bool, bias: DistanceBias?, prefixLength: Int, isPrefix: Bool, pass: ForwardPass
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
    self.prefixLength = prefixLength
    softclamp = block.softclamp.map { Float($0) }
    maxAttendPast = block.maxAttendPast
    sink = try pass.weights.values(block.sink)
    preMix = try pass.weights.values(block.talkingHeads.preSoftmax)
    postMix = try pass.weights.values(block.talkingHeads.postSoftmax)
    prePostMix = try pass.weights.values(block.talkingHeads.preScalePost)
  }

  private var queryCount: Int { operands.queries.length }
  private var keyCount: Int { operands.keys.length }

  /// Fills `out`; the logits before the softmax, `[b, H, i, j]`, if they are kept.
  func run(into out: inout Activations) -> [Float]? {
    let perRow = max(1, heads.count * keyCount * 4)
    let rows = max(1, min(queryCount, Self.blockByteCount / perRow))
    var kept =
      keepsLogits
      ? [Float](repeating: 0, count: out.batch * heads.count * queryCount * keyCount) : nil
    for item in 0..<out.batch {
      var start = 0
      while start < queryCount {
        let block = start..<min(start + rows, queryCount)
        attend(item, block, into: &out, keeping: &kept)
        start = block.upperBound
      }
    }
    return kept
  }

  private func attend(
    _ item: Int, _ queries: Range<Int>, into out: inout Activations, keeping kept: inout [Float]?
  ) {
    // Behind the last query's own position a causal row sees nothing.
    let offset = keyCount - queryCount
    let visible =
      isCausal
      ? min(keyCount, max(queries.upperBound + offset, operands.frontCount + prefixLength))
      : keyCount
    var logits = [Float](repeating: 0, count: heads.count * queries.count * visible)
    multiplyKeys(item, queries, visible, into: &logits)
    if let previous { add(previous, item, queries, visible, to: &logits) }
    let prePost = prePostMix.map { mixed(logits, by: $0, keepsOwn: false) }
    if let preMix { logits = mixed(logits, by: preMix, keepsOwn: true) }
    let size = queries.count * visible
    for head in 0..<heads.count {
      for (row, query) in queries.enumerated() {
        let range = (head * size + row * visible)..<(head * size + (row + 1) * visible)
        finish(item, head, query, range, &logits)
      }
    }
    if kept != nil { keep(logits, item, queries, visible, &kept) }
    normalize(queries, visible, &logits)
    if let postMix { logits = mixed(logits, by: postMix, keepsOwn: false) }
    if let prePost {
      var span = logits.mutableSpan
      Elementwise.multiply(&span, by: prePost.span)
    }
    clearEmptyRows(item, queries, visible, &logits)
    multiplyValues(item, queries, visible, logits, into: &out)
  }

  /// `logits = queries · keysᵀ · scale`, head by head.
  private func multiplyKeys(
    _ item: Int, _ queries: Range<Int>, _ visible: Int, into logits: inout [Float]
  ) {
    let (q, k) = (operands.queries, operands.keys)
    var span = logits.mutableSpan
    for head in 0..<heads.count {
      let keyHead = head % heads.keyCount
      MatrixProduct.multiply(
        q.values.span,
        .init(
          offset: (item * queryCount + queries.lowerBound) * q.width + head * heads.dimension,
          leadingDimension: q.width),
        k.values.span,
        .init(
          offset: item * keyCount * k.width + keyHead * heads.dimension, leadingDimension: k.width,
          isTransposed: true),
        into: &span, .init(offset: head * queries.count * visible, leadingDimension: visible),
        m: queries.count, n: visible, k: heads.dimension, alpha: scale)
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
