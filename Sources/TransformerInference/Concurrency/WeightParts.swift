/// How the rows of a weight are shared out: by sizes alone, so that results do not depend on the threads.
struct WeightParts {
  private let rowCount: Int
  private let partRowCount: Int

  // What is read stays in a second-level cache of a megabyte or two, beside what it is multiplied by.
  private static let partByteCount = 1 << 20
  // Fewer rows make each product pay too much for arranging the tokens for the kernel.
  private static let minimumRowCount = 96
  // A single token's product is a pass over the weights: parts only have to be many and not tiny.
  private static let minimumVectorRowCount = 32
  // Equal shares for two and four threads.
  private static let shareCount = 4

  /// The parts of `rowCount` rows of `columnCount` values, multiplied by so many tokens.
  init(rowCount: Int, columnCount: Int, tokenCount: Int) {
    self.rowCount = rowCount
    let least =
      tokenCount <= MatrixProduct.vectorCount ? Self.minimumVectorRowCount : Self.minimumRowCount
    let cached = Self.partByteCount / (4 * max(1, columnCount))
    let parts = rowCount / max(1, min(cached, rowCount))
    let shares = (parts + Self.shareCount) / Self.shareCount * Self.shareCount
    partRowCount = max(
      1, min(rowCount, max(least, (rowCount + shares - 1) / shares)))
  }

  /// How many parts there are.
  var count: Int { (rowCount + partRowCount - 1) / partRowCount }

  /// The rows of a part.
  subscript(part: Int) -> Range<Int> {
    (part * partRowCount)..<min((part + 1) * partRowCount, rowCount)
  }
}
