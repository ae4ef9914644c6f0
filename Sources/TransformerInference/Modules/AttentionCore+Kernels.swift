#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

// What makes attention of logits where softmax alone does not; rows are `[H, queries, visible]`.

extension AttentionCore {
  /// `q · k · 2 · scale` becomes `−|q − k|² · scale`.
  func subtractLengths(_ part: AttentionPart, _ logits: inout [Float]) {
    let width = operands.headDimension
    func squares(_ x: Activations, _ item: Int, _ position: Int, _ head: Int) -> Float {
      let start = x.range(item, position).lowerBound + head * width
      return x.values[start..<(start + width)].reduce(0) { $0 + $1 * $1 }
    }
    for head in part.heads {
      let keyHead = head % operands.keyHeadCount
      let keys = (0..<part.visibleCount).map { squares(operands.keys, part.item, $0, keyHead) }
      for query in part.queries {
        let start = part.row(head, query).lowerBound
        let own = squares(operands.queries, part.item, query, head)
        for (key, square) in keys.enumerated() {
          logits[start + key] = min(0, logits[start + key] - (own + square) * scale)
        }
      }
    }
  }

  /// Replaces logits by their absolute values, and returns their signs.
  static func takeSigns(_ logits: inout [Float]) -> [Float] {
    let signs = logits.map { $0 > 0 ? 1 : $0 < 0 ? -1 : Float(0) }
    for index in logits.indices { logits[index] = abs(logits[index]) }
    return signs
  }

  /// CoPE: adds the product of the query with a row of the table, at the position that the gates count.
  func addContextual(_ part: AttentionPart, _ logits: inout [Float]) {
    guard let contextual else { return }
    var gates = contextual.mix.map { mixed(logits, by: $0, keepsOwn: false) } ?? logits
    let width = operands.headDimension
    let last = Float(contextual.count - 1)
    part.eachRow { head, query, row in
      // Mixing heads moves what is masked: the causal rule holds again.
      let seen = isCausal ? min(row.count, query + 1 + keyCount - queryCount) : row.count
      for key in seen..<row.count { gates[row.lowerBound + key] = Self.masked }
      let from = operands.queries.range(part.item, query).lowerBound + head * width
      let products = (0..<contextual.count).map { position in
        (0..<width).reduce(Float(0)) {
          $0 + operands.queries.values[from + $1] * contextual.table[position * width + $1]
        }
      }
      var position: Float = 0
      for index in row.reversed() {
        position += ForwardPass.logistic(gates[index])
        logits[index] += contextual.value(products, at: min(position, last))
      }
    }
  }

  /// Selective attention: a token hides others from those behind it, by the first head's positive logits.
  func hide(_ part: AttentionPart, hidden: inout [Float], _ logits: inout [Float]) {
    let first = keyCount - queryCount
    for query in part.queries {
      let own = Array(logits[part.row(0, query)])
      for head in part.heads {
        for (index, amount) in zip(part.row(head, query), hidden) { logits[index] -= amount }
      }
      // Neither memories nor the first token nor the token itself can be hidden.
      for key in min(first + 1, own.count)..<own.count where key != first + query {
        hidden[key] += max(0, own[key])
      }
    }
  }

  /// Turns rows of `count` logits into attention.
  func normalizeRows(_ rows: Int, _ count: Int, _ logits: inout [Float]) {
    switch normalizer {
    case .softmax, .inverted: break
    case .sigmoid:
      var span = logits.mutableSpan
      Elementwise.activate(&span, .sigmoid)
      return
    case .hard:
      for row in 0..<rows {
        let range = (row * count)..<((row + 1) * count)
        let best = range.max { logits[$0] < logits[$1] || (logits[$0] == logits[$1] && $0 > $1) }
        for index in range { logits[index] = index == best ? 1 : 0 }
      }
      return
    case .sparse(let kept):
      for row in 0..<rows where kept < count {
        let range = (row * count)..<((row + 1) * count)
        let least = logits[range].sorted(by: >)[kept - 1]
        for index in range where logits[index] < least { logits[index] = Self.masked }
      }
    }
    var span = logits.mutableSpan
    Elementwise.softmax(&span, rows: rows, count: count)
  }

  /// Softmax over the queries, then each row divided by its sum over the keys that are there.
  func invert(_ part: AttentionPart, _ logits: inout [Float]) {
    let (item, rows, visible) = (part.item, part.queries.count, part.visibleCount)
    for head in 0..<part.heads.count {
      let start = head * rows * visible
      for key in 0..<visible {
        let column = (0..<rows).map { row in
          isQueryThere(item, row) ? logits[start + row * visible + key] : Self.masked
        }
        let largest = column.max() ?? 0
        let powers = column.map { expf($0 - largest) }
        let sum = powers.reduce(0, +)
        for row in 0..<rows { logits[start + row * visible + key] = powers[row] / sum }
      }
    }
    for row in 0..<(part.heads.count * rows) {
      var sum: Float = 0
      for key in 0..<visible {
        if let mask = operands.mask, !mask.values[item * mask.length + key] {
          logits[row * visible + key] = 0
        }
        sum += abs(logits[row * visible + key])
      }
      for key in 0..<visible { logits[row * visible + key] /= max(sum, 1e-8) }
    }
  }

  private func isQueryThere(_ item: Int, _ query: Int) -> Bool {
    queryMask.map { $0.values[item * $0.length + query] } ?? true
  }
}

/// CoPE's table, ready for use.
struct ContextualTable {
  let table: [Float]
  let count: Int
  let mix: [Float]?

  init?(_ module: ContextualPositions?, pass: ForwardPass) throws(InferenceError) {
    guard let module else { return nil }
    table = try pass.weights.values(module.table)
    count = module.table.shape[0]
    mix = try pass.weights.values(module.talkingHeads)
  }

  /// The value at a position between the rows that `products` are of.
  func value(_ products: [Float], at position: Float) -> Float {
    let below = Int(position)
    let part = position - Float(below)
    return products[min(below + (part > 0 ? 1 : 0), count - 1)] * part
      + products[below] * (1 - part)
  }
}

extension Activations {
  /// `exp(c · tanh(x / c))`, in place.
  mutating func exponentiate(softclamp limit: Float) {
    do {
      var span = values.mutableSpan
      Elementwise.softclamp(&span, limit)
    }
    for index in values.indices { values[index] = expf(values[index]) }
  }

  /// `log(max(x, 1e-20))`, in place.
  mutating func takeLogarithms() {
    for index in values.indices { values[index] = logf(max(values[index], 1e-20)) }
  }

  /// These less their projections on `other`, each sequence one vector; in float64, as x-transformers computes it.
  func orthogonal(to other: Activations) -> Activations {
    var result = self
    let size = length * width
    for item in 0..<batch {
      let range = (item * size)..<((item + 1) * size)
      let square = other.values[range].reduce(0) { $0 + Double($1) * Double($1) }
      let norm = max(square.squareRoot(), 1e-12)
      let product = range.reduce(0) {
        $0 + Double(values[$1]) * (Double(other.values[$1]) / norm)
      }
      for index in range {
        let parallel = product * (Double(other.values[index]) / norm)
        result.values[index] = Float(Double(values[index]) - parallel)
      }
    }
    return result
  }
}
