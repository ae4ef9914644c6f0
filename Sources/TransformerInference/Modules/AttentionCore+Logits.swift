internal import TransformerGraph

extension AttentionCore {
  // What x-transformers writes into masked logits: `-torch.finfo(torch.float32).max`.
  static let masked = -Float.greatestFiniteMagnitude

  /// The position of a query: positions count tokens only, and queries are the last of the keys.
  private func position(_ query: Int) -> Int {
    query + keyCount - operands.frontCount - queryCount
  }

  /// How many keys a causal row sees.
  private func seenCount(_ query: Int) -> Int {
    max(position(query) + 1, prefixLength) + operands.frontCount
  }

  /// Adds the position bias.
  func addBias(_ part: AttentionPart, _ logits: inout [Float]) {
    // Keys in front that have no position, and how the query's is counted beside the others.
    let (front, shift) =
      switch dialect.memoryPositions {
      case .none: (operands.frontCount, 0)
      case .counted: (operands.zeroCount, operands.memoryCount)
      case .shiftKeys: (operands.zeroCount, 0)
      }
    guard let bias, part.visibleCount > front else { return }
    var span = logits.mutableSpan
    part.eachRow { head, query, row in
      var keys = span.extractingMutable((row.lowerBound + front)..<row.upperBound)
      let start = bias.start(head: head, queryPosition: position(query) + shift)
      Elementwise.add(bias.values.span.extracting(start..<(start + keys.count)), to: &keys)
    }
  }

  /// `c · tanh(x / c)`.
  func clamp(_ logits: inout [Float]) {
    guard let softclamp else { return }
    var span = logits.mutableSpan
    Elementwise.softclamp(&span, softclamp)
  }

  /// Masks what queries must not see.
  func mask(_ part: AttentionPart, _ logits: inout [Float]) {
    maskQueries(part, &logits)
    // Inverted attention masks the keys behind its softmax.
    if normalizer != .inverted {
      maskKeys(part, &logits)
      maskPast(part, &logits)
    }
    // Softmax by itself leaves out what a causal row does not see.
    let isPlain =
      normalizer == .softmax && !keepsLogits && contextual == nil && !isSelective
      && !seesMasked
    if isCausal && !isPlain { maskFuture(part, &logits) }
  }

  private func maskQueries(_ part: AttentionPart, _ logits: inout [Float]) {
    guard let present = operands.presentQueries?.row(part.item) else { return }
    part.eachRow { _, query, row in
      guard !present[present.startIndex + query] else { return }
      for key in operands.frontCount..<row.count { logits[row.lowerBound + key] = Self.masked }
    }
  }

  private func maskKeys(_ part: AttentionPart, _ logits: inout [Float]) {
    guard let mask = operands.mask?.row(part.item) else { return }
    let hidden = (0..<part.visibleCount).filter { !mask[mask.startIndex + $0] }
    part.eachRow { _, _, row in
      for key in hidden { logits[row.lowerBound + key] = Self.masked }
    }
  }

  private func maskPast(_ part: AttentionPart, _ logits: inout [Float]) {
    guard let maxAttendPast else { return }
    // Where memories have positions they may lie too far back.
    let first = dialect.memoryPositions == .none ? operands.frontCount : operands.zeroCount
    part.eachRow { _, query, row in
      let last = min(row.count, position(query) - maxAttendPast + operands.frontCount)
      for key in first..<max(first, last) { logits[row.lowerBound + key] = Self.masked }
    }
  }

  private func maskFuture(_ part: AttentionPart, _ logits: inout [Float]) {
    part.eachRow { _, query, row in
      for key in min(seenCount(query), row.count)..<row.count {
        logits[row.lowerBound + key] = Self.masked
      }
    }
  }

  /// Adds logits of the previous layer.
  func add(_ previous: [Float], _ part: AttentionPart, to logits: inout [Float]) {
    var span = logits.mutableSpan
    part.eachRow { head, query, row in
      let from = start(part.item, head, query)
      var own = span.extractingMutable(row)
      Elementwise.add(previous.span.extracting(from..<(from + row.count)), to: &own)
    }
  }

  /// Keeps the logits for the next layer; what a causal row cannot see stays masked.
  func keep(_ logits: [Float], _ part: AttentionPart, _ kept: SharedMatrix) {
    kept.withValues { kept in
      for head in part.heads {
        for query in part.queries {
          let (from, to) = (part.row(head, query), start(part.item, head, query))
          for key in 0..<from.count { kept[to + key] = logits[from.lowerBound + key] }
          for key in from.count..<keyCount { kept[to + key] = Self.masked }
        }
      }
    }
  }

  private func start(_ item: Int, _ head: Int, _ query: Int) -> Int {
    ((item * heads.count + head) * operands.queries.length + query) * operands.keys.length
  }

  /// Mixes heads: `out[h] = Σ w[h, g] · in[g]`, with `in[h]` added if `keepsOwn`.
  func mixed(_ logits: [Float], by mix: [Float], keepsOwn: Bool) -> [Float] {
    var result = keepsOwn ? logits : [Float](repeating: 0, count: logits.count)
    let size = logits.count / heads.count
    var span = result.mutableSpan
    MatrixProduct.multiply(
      mix.span, .init(leadingDimension: heads.count), logits.span, .init(leadingDimension: size),
      into: &span, .init(leadingDimension: size), m: heads.count, n: size, k: heads.count,
      beta: keepsOwn ? 1 : 0)
    return result
  }

  /// Turns each row of logits into attention; a sink is one more logit that takes attention and gives nothing.
  func normalize(_ part: AttentionPart, _ logits: inout [Float]) {
    switch normalizer {
    case .inverted: return invert(part, &logits)
    case .softmax: break
    case .sigmoid, .hard, .sparse: return normalizeRows(part, &logits)
    }
    var span = logits.mutableSpan
    let first = part.queries.lowerBound
    // Within a PrefixDecoder's prefix rows see equally much; behind it one key more each.
    let levelCount =
      leavesOutFuture ? min(part.queries.count, max(0, prefixLength - position(first) - 1)) : 0
    for head in part.heads {
      for query in first..<(first + levelCount) {
        var row = span.extractingMutable(part.row(head, query))
        Elementwise.softmax(
          &row, rows: 1, count: row.count, seen: seenCount(query), sink: sinkLogit(head))
      }
      let start = part.row(head, first + levelCount).lowerBound
      let count = part.queries.count - levelCount
      var rows = span.extractingMutable(start..<(start + count * part.visibleCount))
      Elementwise.softmax(
        &rows, rows: count, count: part.visibleCount,
        seen: leavesOutFuture ? seenCount(first + levelCount) : part.visibleCount,
        sink: sinkLogit(head))
    }
  }

  private var leavesOutFuture: Bool { isCausal && !seesMasked }

  private func sinkLogit(_ head: Int) -> Float {
    guard let sink else { return -.infinity }
    return isSigned ? abs(sink[head]) : sink[head]
  }

  private func normalizeRows(_ part: AttentionPart, _ logits: inout [Float]) {
    guard sink != nil else {
      return normalizeRows(part.heads.count * part.queries.count, part.visibleCount, &logits)
    }
    part.eachRow { head, _, row in
      var extended = [sinkLogit(head)] + logits[row]
      normalizeRows(1, row.count + 1, &extended)
      logits.replaceSubrange(row, with: extended[1...])
    }
  }

  /// A query all of whose keys are masked (by more than the causal rule) gives nothing.
  func clearEmptyRows(_ part: AttentionPart, _ attention: inout [Float]) {
    guard operands.clearsEmptyRows else { return }
    part.eachRow { _, query, row in
      guard isEmpty(part.item, query) else { return }
      for position in row { attention[position] = 0 }
    }
  }

  private func isEmpty(_ item: Int, _ query: Int) -> Bool {
    let front = operands.frontCount
    let first = maxAttendPast.map { max(0, position(query) - $0) } ?? 0
    guard let mask = operands.mask?.row(item) else {
      return front == 0 && first >= operands.keys.length
    }
    let tokens = mask.dropFirst(front)
    return !mask.prefix(front).contains(true) && !tokens.dropFirst(first).contains(true)
  }
}

extension [Float] {
  /// Multiplies each value by that of `factors`.
  mutating func multiply(by factors: [Float]) {
    var span = mutableSpan
    Elementwise.multiply(&span, by: factors.span)
  }
}
