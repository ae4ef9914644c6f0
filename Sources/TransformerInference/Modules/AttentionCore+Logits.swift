internal import TransformerGraph

extension AttentionCore {
  // What x-transformers writes into masked logits: `-torch.finfo(torch.float32).max`.
  static let masked = -Float.greatestFiniteMagnitude

  /// The position of a query; positions count tokens only, and queries are the last of the keys.
  private func position(_ query: Int) -> Int {
    query + operands.keys.length - operands.frontCount - operands.queries.length
  }

  /// Adds the position bias to one row of logits, and clamps it.
  func finish(_ head: Int, _ query: Int, _ range: Range<Int>, _ logits: inout [Float]) {
    let front = operands.frontCount
    let position = position(query)
    if let bias, range.count > front {
      let start = bias.start(head: head, queryPosition: position)
      for key in front..<range.count {
        logits[range.lowerBound + key] += bias.values[start + key - front]
      }
    }
    if let softclamp {
      var span = logits.mutableSpan
      var part = span.extractingMutable(range)
      Elementwise.softclamp(&part, softclamp)
    }
  }

  /// Masks what a query must not see.
  func mask(_ item: Int, _ query: Int, _ range: Range<Int>, _ logits: inout [Float]) {
    let front = operands.frontCount
    let position = position(query)
    // Inverted attention masks the keys behind its softmax.
    if normalizer != .inverted, let mask = operands.mask {
      let row = mask.row(item)
      for key in 0..<range.count where !row[row.startIndex + key] {
        logits[range.lowerBound + key] = Self.masked
      }
    }
    if normalizer != .inverted, let maxAttendPast {
      let last = min(range.count, position - maxAttendPast + front)
      for key in front..<max(front, last) { logits[range.lowerBound + key] = Self.masked }
    }
    guard isCausal else { return }
    let seen = max(position + 1, prefixLength) + front
    for key in min(seen, range.count)..<range.count { logits[range.lowerBound + key] = Self.masked }
  }

  /// Adds logits of the previous layer.
  func add(
    _ previous: [Float], _ item: Int, _ queries: Range<Int>, _ visible: Int,
    to logits: inout [Float]
  ) {
    for head in 0..<heads.count {
      for (row, query) in queries.enumerated() {
        let from = start(item, head, query)
        let to = (head * queries.count + row) * visible
        for key in 0..<visible { logits[to + key] += previous[from + key] }
      }
    }
  }

  /// Keeps the logits for the next layer; what a causal row cannot see stays masked.
  func keep(
    _ logits: [Float], _ item: Int, _ queries: Range<Int>, _ visible: Int,
    _ kept: inout [Float]?
  ) {
    for head in 0..<heads.count {
      for (row, query) in queries.enumerated() {
        let to = start(item, head, query)
        let from = (head * queries.count + row) * visible
        for key in 0..<visible { kept?[to + key] = logits[from + key] }
        for key in visible..<operands.keys.length { kept?[to + key] = Self.masked }
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
  func normalize(
    _ item: Int, _ queries: Range<Int>, _ visible: Int, _ logits: inout [Float]
  ) {
    guard normalizer != .inverted else { return invert(item, queries.count, visible, &logits) }
    let rows = heads.count * queries.count
    guard let sink else { return normalizeRows(rows, visible, &logits) }
    for row in 0..<rows {
      let range = (row * visible)..<((row + 1) * visible)
      let own = sink[row / queries.count]
      var extended = [isSigned ? abs(own) : own] + logits[range]
      normalizeRows(1, visible + 1, &extended)
      logits.replaceSubrange(range, with: extended[1...])
    }
  }

  /// A query all of whose keys are masked (by more than the causal rule) gives nothing.
  func clearEmptyRows(
    _ item: Int, _ queries: Range<Int>, _ visible: Int, _ attention: inout [Float]
  ) {
    guard operands.clearsEmptyRows else { return }
    for (row, query) in queries.enumerated() where isEmpty(item, query) {
      for head in 0..<heads.count {
        let start = (head * queries.count + row) * visible
        for key in start..<(start + visible) { attention[key] = 0 }
      }
    }
  }

  private func isEmpty(_ item: Int, _ query: Int) -> Bool {
    let front = operands.frontCount
    let position = query + operands.keys.length - front - operands.queries.length
    let first = maxAttendPast.map { max(0, position - $0) } ?? 0
    guard let mask = operands.mask?.row(item) else {
      return front == 0 && first >= operands.keys.length
    }
    let tokens = mask.dropFirst(front)
    return !mask.prefix(front).contains(true) && !tokens.dropFirst(first).contains(true)
  }
}
