internal import TransformerGraph

extension SurgeryPlan {
  /// Parameters that a surgery added to a model, or took away.
  public struct CountChange: Hashable, Sendable {
    /// The path of the graph that accounts for it.
    public var path: String
    /// How many more, or fewer.
    public var difference: Int
  }

  /// Why the parameters of model `position` differ in number afterwards, the largest difference first.
  ///
  /// The differences add up to that of `parameterCount`: shared parameters are counted once, under the path
  /// that comes first in the graph.
  public func countChanges(of position: Int) throws(SurgeryError) -> [CountChange] {
    let counts = try (before[position].countsByPath, after[position].countsByPath)
    let paths = Set(counts.0.keys).union(counts.1.keys)
    let changes = paths.map { path in
      CountChange(path: path, difference: (counts.1[path] ?? 0) - (counts.0[path] ?? 0))
    }
    return changes.filter { $0.difference != 0 }.sorted {
      (abs($1.difference), $0.path) < (abs($0.difference), $1.path)
    }
  }
}

extension SurgeryModel {
  /// Elements of each parameter that the checkpoint has, shared ones once.
  fileprivate var countsByPath: [String: Int] {
    get throws(SurgeryError) {
      var counts: [String: Int] = [:]
      for slot in try graph().slots
      where !slot.parameter.isBuffer && !slot.sharesEarlier && slot.state == .bound {
        counts[slot.path] = slot.parameter.elementCount
      }
      return counts
    }
  }
}
