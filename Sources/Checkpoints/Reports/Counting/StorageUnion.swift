internal import TensorStorage

/// Counts stored elements once, however many tensors look at them.
enum StorageUnion {
  /// So many runs of contiguous elements are told apart in a group of overlapping views.
  ///
  /// Beyond it a strided view counts as everything between its first element and its last. A million runs
  /// are 16 MiB and sort in a tenth of a second.
  private static let maximumRunCount = 1 << 20

  /// For each entry, how many stored elements it looks at that no entry before it in its alias group
  /// accounts for.
  ///
  /// Names of one view: the first has all of its elements, the others none. Different views that overlap:
  /// the first has its own, the second what all others add to it.
  static func uniqueElementCounts(of checkpoint: Checkpoint) -> [Int] {
    let entries = checkpoint.entries
    var counts = entries.map(\.tensor.elementCount)
    let duplicates = checkpoint.duplicateOf()
    for position in duplicates.keys { counts[position] = 0 }
    for group in checkpoint.aliasGroups() {
      let views = group.filter { duplicates[$0] == nil }
      guard views.count > 1 else { continue }
      let total = unionElementCount(of: views.map { entries[$0].tensor })
      let first = min(counts[views[0]], total)
      for position in views { counts[position] = 0 }
      counts[views[0]] = first
      counts[views[1]] = total - first
    }
    return counts
  }

  /// The number of elements that at least one of the views looks at, in elements of the narrowest dtype.
  private static func unionElementCount(of views: [LazyTensor]) -> Int {
    let bitCount = views.map(\.storedDType.bitCount).min() ?? 8
    var runs = views.filter(\.isPacked).map(\.storageRange)
    let packed = united(runs)
    for view in views where !view.isPacked {
      // A transposed view of a whole tensor, the usual case, adds nothing.
      if contains(packed, view.storageRange) { continue }
      runs += Self.runs(of: view, limit: maximumRunCount - runs.count)
    }
    let byteCount = united(runs).reduce(0) { $0 + $1.count }
    return byteCount * 8 / bitCount
  }

  /// Whether one of the disjoint, sorted ranges contains `inner`.
  private static func contains(_ ranges: [Range<Int>], _ inner: Range<Int>) -> Bool {
    var candidates = ranges[...]
    while candidates.count > 1 {
      let middle = candidates.startIndex + candidates.count / 2
      let isBefore = candidates[middle].lowerBound <= inner.lowerBound
      candidates = isBefore ? candidates[middle...] : candidates[..<middle]
    }
    guard let outer = candidates.first else { return false }
    return outer.lowerBound <= inner.lowerBound && inner.upperBound <= outer.upperBound
  }

  /// The ranges as disjoint ones that do not touch.
  private static func united(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = result.last, range.lowerBound <= last.upperBound {
        let end = max(last.upperBound, range.upperBound)
        result[result.count - 1] = last.lowerBound..<end
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// The contiguous byte ranges of a strided view; its whole extent if they are more than `limit`.
  private static func runs(of view: LazyTensor, limit: Int) -> [Range<Int>] {
    let width = view.storedDType.bitCount / 8
    var dimensions = zip(view.shape, view.strides ?? []).filter { $0 > 1 && $1 > 0 }
    dimensions.sort { $0.1 < $1.1 }
    var runElementCount = 1
    while let (extent, stride) = dimensions.first, stride <= runElementCount {
      // Neighbours touch or overlap: together they are one run.
      runElementCount += (extent - 1) * stride
      dimensions.removeFirst()
    }
    let count = Layout.elementCount(of: dimensions.map(\.0))
    guard let count, count <= limit else { return [view.storageRange] }
    var offsets = [view.byteOffset]
    for (extent, stride) in dimensions {
      offsets = offsets.flatMap { offset in (0..<extent).map { offset + $0 * stride * width } }
    }
    return offsets.map { $0..<($0 + runElementCount * width) }
  }
}
