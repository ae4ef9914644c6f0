/// Finds the name that was probably meant, for "did you mean".
package enum NearestName {
  /// The one of `candidates` that is nearest to `name`; nil if none is near enough to suggest.
  ///
  /// Near is an edit distance of at most a third of the name's length, letters compared without case,
  /// or the same name with path segments more or fewer in front (`emb.weight` for `token_emb.emb.weight`).
  /// Of equally near ones the first.
  package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = folded(name)
    var best: String?
    var limit = max(1, wanted.count / 3)
    for candidate in candidates {
      guard let cost = cost(of: folded(candidate), for: wanted, limit: limit) else { continue }
      best = candidate
      if cost == 0 { break }
      // Only a nearer one replaces it.
      limit = cost - 1
    }
    return best
  }

  private static func folded(_ name: String) -> [UInt8] {
    name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
  }

  private static func cost(of candidate: [UInt8], for wanted: [UInt8], limit: Int) -> Int? {
    if let segments = segmentsInFront(candidate, wanted), segments <= max(1, limit) {
      return min(segments, limit)
    }
    return distance(candidate, wanted, limit: limit)
  }

  /// How many path segments the longer has in front of the shorter, if that is their only difference.
  private static func segmentsInFront(_ a: [UInt8], _ b: [UInt8]) -> Int? {
    let dot = UInt8(ascii: ".")
    let (long, short) = a.count > b.count ? (a, b) : (b, a)
    let extra = long.count - short.count
    guard !short.isEmpty, extra > 1, long[extra - 1] == dot, long[extra...].elementsEqual(short)
    else { return nil }
    return long[..<extra].count { $0 == dot }
  }

  /// Insertions, deletions, replacements and swaps of neighbours between the two; nil if over `limit`.
  static func distance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int? {
    guard abs(a.count - b.count) <= limit else { return nil }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for (row, byte) in a.enumerated() {
      var current = [row + 1]
      current.reserveCapacity(b.count + 1)
      for (column, other) in b.enumerated() {
        var cost = min(last[column + 1] + 1, current[column] + 1)
        cost = min(cost, last[column] + (byte == other ? 0 : 1))
        if row > 0, column > 0, byte == b[column - 1], a[row - 1] == other {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      guard let least = current.min(), least <= limit else { return nil }
      (beforeLast, last) = (last, current)
    }
    return last[b.count] <= limit ? last[b.count] : nil
  }
}
