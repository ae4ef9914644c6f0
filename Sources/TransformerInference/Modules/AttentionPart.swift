internal import TransformerGraph

/// What one thread computes of an attention before it goes on to something else: some heads and queries of a
/// sequence.
struct AttentionPart {
  let item: Int
  let heads: Range<Int>
  let queries: Range<Int>
  /// Keys that the last of the queries sees; what is behind them does not matter.
  let visibleCount: Int

  /// Logits of one head.
  var size: Int { queries.count * visibleCount }

  /// The logits of a query, in the part's own buffer: `[heads, queries, visible]`.
  func row(_ head: Int, _ query: Int) -> Range<Int> {
    let start = (head - heads.lowerBound) * size + (query - queries.lowerBound) * visibleCount
    return start..<(start + visibleCount)
  }

  /// Calls `body` with each head and query, and the place of their logits.
  func eachRow(_ body: (_ head: Int, _ query: Int, _ row: Range<Int>) -> Void) {
    for head in heads {
      for query in queries { body(head, query, row(head, query)) }
    }
  }
}

extension AttentionCore {
  // The logits of a part stay in the second-level cache between the two products.
  private static let partByteCount = 512 << 10

  /// The parts, in runs that one thread computes in order.
  var runs: [[AttentionPart]] {
    let groups = headGroups
    let perQuery = max(1, (groups.first?.count ?? 1) * keyCount * 4)
    // Inverted attention is over the queries: it needs all of them.
    let rows =
      normalizer == .inverted ? queryCount : max(1, min(queryCount, Self.partByteCount / perQuery))
    var runs: [[AttentionPart]] = []
    for item in 0..<operands.queries.batch {
      for group in groups {
        let parts = stride(from: 0, to: queryCount, by: rows).map { start in
          let queries = start..<min(start + rows, queryCount)
          return AttentionPart(
            item: item, heads: group, queries: queries, visibleCount: visibleCount(queries))
        }
        // What selective attention hides depends on all earlier queries.
        if isSelective { runs.append(parts) } else { runs += parts.map { [$0] } }
      }
    }
    return runs
  }

  /// Heads that are computed together: all of them where one's logits have to do with another's.
  private var headGroups: [Range<Int>] {
    let areMixed = preMix != nil || postMix != nil || prePostMix != nil
    if areMixed || contextual != nil || isSelective { return [0..<heads.count] }
    return (0..<heads.count).map { $0..<($0 + 1) }
  }

  /// Behind the last query's own position a causal row sees nothing.
  private func visibleCount(_ queries: Range<Int>) -> Int {
    guard isCausal, !seesMasked else { return keyCount }
    let offset = keyCount - queryCount
    return min(keyCount, max(queries.upperBound + offset, operands.frontCount + prefixLength))
  }
}
