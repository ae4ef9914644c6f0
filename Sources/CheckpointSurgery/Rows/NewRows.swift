internal import TensorStorage
internal import TransformerGraph

/// What rows are made of that a table gets in addition.
public enum NewRows: Hashable, Sendable {
  /// Each is the mean of the rows that stay: `μ_j = (1/n) Σ_i E_ij`.
  ///
  /// A new token's logit is then the mean logit, and the softmax gives `k` new ones at most `k/(n+k)`
  /// (Hewitt, "Initializing new word embeddings for pretrained language models", 2021).
  case mean
  /// Each is drawn: `E_ij ~ N(μ_j, (factor · σ_j)²)`, every column by itself, with the mean and the standard
  /// deviation of the rows that stay.
  case normal(factor: Double)
  /// Zeros.
  case zero
  /// Each is a copy of that row.
  case copy(Int)
}

extension NewRows {
  /// The word that stands for it on the command line and in recipes: `mean`, `normal`, `normal:0.1`, `zero`,
  /// `copy:7`.
  public var text: String {
    switch self {
    case .mean: "mean"
    case .normal(factor: 1): "normal"
    case .normal(let factor): "normal:\(factor)"
    case .zero: "zero"
    case .copy(let row): "copy:\(row)"
    }
  }

  /// What the word stands for; nil if it is none.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts.first, parts.count == 2 ? parts[1] : nil) {
    case ("mean", nil): self = .mean
    case ("zero", nil): self = .zero
    case ("normal", nil): self = .normal(factor: 1)
    case ("normal", let factor?):
      guard let factor = Double(factor), factor.isFinite, factor >= 0 else { return nil }
      self = .normal(factor: factor)
    case ("copy", let row?):
      guard let row = Int(row), row >= 0 else { return nil }
      self = .copy(row)
    default: return nil
    }
  }

  /// What facts call them.
  var title: String {
    switch self {
    case .mean: "the mean of the rows that stay"
    case .normal(let factor):
      "N(mean, (\(factor) · standard deviation)²) of each column of the rows that stay"
    case .zero: "zeros"
    case .copy(let row): "copies of row \(row)"
    }
  }
}

/// The rows of a table as they are to be: which of the old ones stay, in which order, and new ones.
struct RowArrangement {
  /// For each row afterwards the row before; nil for a new one.
  let rowsBefore: [Int?]
  /// What new rows are made of.
  let newRows: NewRows
  /// Decides what is drawn.
  let seed: UInt64
  /// A value that all new rows have instead.
  var constant: Double?

  init(rowsBefore: [Int?], newRows: NewRows, seed: UInt64) {
    self.rowsBefore = rowsBefore
    self.newRows = newRows
    self.seed = seed
    constant = newRows == .zero ? 0 : nil
  }

  /// Whether there are rows that were not there.
  var hasNewRows: Bool { rowsBefore.contains(nil) }
  /// Whether new rows are copies of others.
  var copiesRows: Bool { if case .copy = newRows { true } else { false } }

  /// Whether it changes nothing in a table of `count` rows.
  func isIdentity(of count: Int) -> Bool {
    rowsBefore.count == count && rowsBefore.indices.allSatisfy { rowsBefore[$0] == $0 }
  }

  /// The table with these rows; rows that stay are copied, not decoded.
  ///
  /// `name` decides, with the seed, what is drawn for this table. Returns nil for a dtype that new rows
  /// cannot be computed in.
  func table(_ table: LazyTensor, name: String) -> LazyTensor? {
    var runs: [LazyTensor.RowRun] = []
    var position = 0
    while position < rowsBefore.count {
      guard let row = rowsBefore[position] else { break }
      var end = position + 1
      while end < rowsBefore.count, let next = rowsBefore[end], next == row + end - position {
        end += 1
      }
      runs.append(LazyTensor.RowRun(table, row..<(row + end - position)))
      position = end
    }
    let newCount = rowsBefore.count - position
    guard newCount > 0 else { return LazyTensor.rows(of: runs) }
    if case .copy(let row) = newRows {
      runs += Array(repeating: LazyTensor.RowRun(table, row..<(row + 1)), count: newCount)
      return LazyTensor.rows(of: runs)
    }
    // Without a row that stays, the mean is that of the table as it was.
    guard let kept = runs.isEmpty ? table : LazyTensor.rows(of: runs),
      let new = values(like: kept, count: newCount, name: name)
    else { return nil }
    return LazyTensor.rows(of: runs + [LazyTensor.RowRun(new, 0..<newCount)])
  }

  private func values(like kept: LazyTensor, count: Int, name: String) -> LazyTensor? {
    let shape = [count] + kept.shape.dropFirst()
    if let constant { return .constant(constant, as: kept.dtype, shape: shape) }
    guard let wide = kept.cast(to: .f64) else { return nil }
    let statistics = ColumnStatistics(of: wide)
    let stream = RandomStream(seed: seed, name: "resize \(name)")
    let factor = if case .normal(let factor) = newRows { factor } else { 0.0 }
    return LazyTensor.computed(as: kept.dtype, shape: shape, formula: newRows.title) {
      () throws(FileError) in
      let moments = try statistics.moments()
      return { values, start in
        for position in values.indices {
          let element = start + position
          let column = element % moments.means.count
          values[position] = moments.means[column]
          if factor > 0 {
            values[position] += factor * moments.deviations[column] * stream.normal(element)
          }
        }
      }
    }
  }
}

extension LazyTensor {
  /// A tensor that has one value everywhere; nil for a dtype that it cannot be rounded to.
  static func constant(_ value: Double, as dtype: DType, shape: [Int]) -> LazyTensor? {
    computed(as: dtype, shape: shape, formula: "\(value)") {
      { values, _ in for position in values.indices { values[position] = value } }
    }
  }
}
