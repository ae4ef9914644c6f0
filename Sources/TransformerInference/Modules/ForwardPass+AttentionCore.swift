#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

// The product of queries and keys, softmax, and the product with the values, for blocks of queries of one head:
// memory stays bounded however long the sequence is, and the threads share the blocks out.

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
    let (out, logits) = core.run(team)
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
  /// A factor for each head's logits, before anything is added to them.
  let temperatures: [Float]?
  let dialect: Dialect

  init(
    _ block: Attention, _ operands: AttentionOperands, isCross: Bool, previous: [Float]?,
    keepsLogits: Bool, bias: DistanceBias?, dataBias: AttentionDataBias?, queryMask: Mask?,
    prefixLength: Int, isPrefix: Bool, pass: ForwardPass
  ) throws(InferenceError) {
    heads = block.heads
    self.operands = operands
    dialect = block.dialect
    var temperatures: [Float]?
    switch block.queryKeyNorm {
    case .lengths(_, let given, _, _): scale = Float(given)
    case .temperature(let parameter, let form):
      scale = 1
      temperatures = (try pass.weights.values(parameter) as [Float]).map(form.factor)
    case .none: scale = 1 / Float(block.heads.dimension).squareRoot()
    }
    self.temperatures = temperatures
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

  /// Whether a query may see what is masked: all of it where the query itself is masked, in old releases, and a little
  /// where logits are clamped behind the mask.
  var seesMasked: Bool {
    operands.presentQueries != nil || (softclamp != nil && dialect.clampsMaskedLogits)
  }

  var queryCount: Int { operands.queries.length }
  var keyCount: Int { operands.keys.length }

  /// The features, `[b, n, H · dv]`, and the logits before the softmax, `[b, H, i, j]`, if they are kept.
  func run(_ team: Team) -> (Activations, logits: [Float]?) {
    let batch = operands.queries.batch
    let width = heads.count * heads.valueDimension
    var kept: [Float]?
    let values = [Float](count: batch * queryCount * width) { out in
      guard keepsLogits else { return fill(out, keeping: nil, team) }
      kept = [Float](count: batch * heads.count * queryCount * keyCount) { logits in
        fill(out, keeping: logits, team)
      }
    }
    return (Activations(values, batch: batch, length: queryCount, width: width), kept)
  }

  private func fill(_ out: SharedMatrix, keeping kept: SharedMatrix?, _ team: Team) {
    let runs = runs
    team.run(runs.count) { index, scratch in
      var hidden = [Float](repeating: 0, count: isSelective ? keyCount : 0)
      for part in runs[index] {
        attend(part, &scratch.values, into: out, keeping: kept, hidden: &hidden)
      }
    }
  }

  private func attend(
    _ part: AttentionPart, _ logits: inout [Float], into out: SharedMatrix,
    keeping kept: SharedMatrix?, hidden: inout [Float]
  ) {
    let count = part.heads.count * part.size
    if logits.count != count { logits = [Float](repeating: 0, count: count) }
    multiplyKeys(part, into: &logits)
    if usesDistance { subtractLengths(part, &logits) }
    if let previous { add(previous, part, to: &logits) }
    if let kept, dialect.carriedLogits == .products { keep(logits, part, kept) }
    let prePost = prePostMix.map { mixed(logits, by: $0, keepsOwn: false) }
    if let preMix { logits = mixed(logits, by: preMix, keepsOwn: dialect.addsTalkingHeads) }
    dataBias?.add(part, front: operands.frontCount, to: &logits)
    addBias(part, &logits)
    if !dialect.clampsMaskedLogits { clamp(&logits) }
    if let kept, dialect.carriedLogits == .biased { keep(logits, part, kept) }
    let signs = isSigned ? Self.takeSigns(&logits) : nil
    mask(part, &logits)
    addContextual(part, &logits)
    if isSelective { hide(part, hidden: &hidden, &logits) }
    if let kept, dialect.carriedLogits == .masked { keep(logits, part, kept) }
    if dialect.clampsMaskedLogits { clamp(&logits) }
    normalize(part, &logits)
    if let signs { logits.multiply(by: signs) }
    if let postMix { logits = mixed(logits, by: postMix, keepsOwn: false) }
    if let prePost { logits.multiply(by: prePost) }
    clearEmptyRows(part, &logits)
    multiplyValues(part, logits, into: out)
  }

  /// `logits = queries · keysᵀ · scale`, head by head; twice that for distances.
  private func multiplyKeys(_ part: AttentionPart, into logits: inout [Float]) {
    let (q, k, width) = (operands.queries, operands.keys, operands.headDimension)
    var span = logits.mutableSpan
    for head in part.heads {
      let keyHead = head % operands.keyHeadCount
      MatrixProduct.multiply(
        q.values.span,
        .init(
          offset: q.range(part.item, part.queries.lowerBound).lowerBound + head * width,
          leadingDimension: q.width),
        k.values.span,
        .init(
          offset: k.range(part.item, 0).lowerBound + keyHead * width, leadingDimension: k.width,
          isTransposed: true),
        into: &span,
        .init(
          offset: (head - part.heads.lowerBound) * part.size, leadingDimension: part.visibleCount),
        m: part.queries.count, n: part.visibleCount, k: width,
        alpha: temperatures.map { $0[head] } ?? (usesDistance ? 2 * scale : scale))
    }
  }

  private func multiplyValues(_ part: AttentionPart, _ attention: [Float], into out: SharedMatrix) {
    let v = operands.values
    let width = heads.count * heads.valueDimension
    let firstRow = part.item * queryCount + part.queries.lowerBound
    out.withValues { out in
      for head in part.heads {
        let keyHead = head % (v.width / heads.valueDimension)
        MatrixProduct.multiply(
          attention.span,
          .init(
            offset: (head - part.heads.lowerBound) * part.size, leadingDimension: part.visibleCount),
          v.values.span,
          .init(
            offset: v.range(part.item, 0).lowerBound + keyHead * heads.valueDimension,
            leadingDimension: v.width),
          into: &out,
          .init(
            offset: firstRow * width + head * heads.valueDimension, leadingDimension: width),
          m: part.queries.count, n: heads.valueDimension, k: part.visibleCount)
      }
    }
  }
}

extension Attention.Temperature {
  /// The factor on the logits that a stored temperature is.
  fileprivate func factor(_ stored: Float) -> Float {
    switch self {
    case .inverseExponential: 1 / max(expf(stored), 0.01)
    case .sigmoid(let maximum): ForwardPass.logistic(stored) * Float(maximum)
    }
  }
}
