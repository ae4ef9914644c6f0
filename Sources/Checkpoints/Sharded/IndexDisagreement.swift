internal import TensorStorage

/// What an index says and its shards do not bear out; the shards are believed.
enum IndexDisagreement: Hashable {
  /// Tensors of the shards are not in the index.
  case unlisted(first: String, count: Int)
  /// Tensors are in other shards than the index says.
  case misplaced(first: String, count: Int)
  /// The tensors' bytes do not sum up to `total_size`.
  case totalByteCount(declared: Int, found: [Int])

  /// A name for programs.
  var code: String {
    switch self {
    case .unlisted: "UnlistedTensor"
    case .misplaced: "MisplacedTensor"
    case .totalByteCount: "TotalSizeMismatch"
    }
  }

  /// A clause that follows the index's name.
  var sentence: String {
    switch self {
    case .unlisted(let first, let count):
      "does not list '\(escaped(first))'\(Self.others(count)), found in its shards"
    case .misplaced(let first, let count):
      "names other shards for '\(escaped(first))'\(Self.others(count)) than have them"
    case .totalByteCount(let declared, let found):
      "gives a total_size of \(declared) bytes; the tensors have "
        + found.map(\.description).joined(separator: " or ")
    }
  }

  private static func others(_ count: Int) -> String {
    count > 1 ? " and \(count - 1) more" : ""
  }
}

extension ShardIndex {
  /// What the tensors, merged from the shards, show of the index.
  func disagreements(
    unlisted: [TensorName], misplaced: [TensorName], with checkpoint: Checkpoint
  ) -> [IndexDisagreement] {
    var result: [IndexDisagreement] = []
    if let first = unlisted.first {
      result.append(.unlisted(first: first.text, count: unlisted.count))
    }
    if let first = misplaced.first {
      result.append(.misplaced(first: first.text, count: misplaced.count))
    }
    let found = checkpoint.possibleTotals
    if let totalByteCount, !found.contains(totalByteCount) {
      result.append(.totalByteCount(declared: totalByteCount, found: found))
    }
    return result
  }
}

extension Checkpoint {
  /// What a `total_size` may be: bytes of all tensors, each time or once where they share a storage.
  fileprivate var possibleTotals: [Int] {
    var seen: Set<ObjectIdentifier> = []
    var (all, once) = (0, 0)
    for entry in entries {
      all &+= entry.tensor.byteCount
      if seen.insert(ObjectIdentifier(entry.tensor.storage)).inserted {
        once &+= entry.tensor.byteCount
      }
    }
    return all == once ? [all] : [all, once]
  }
}
