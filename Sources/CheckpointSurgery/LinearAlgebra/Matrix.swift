/// A matrix of float64 numbers in memory, row-major and packed.
struct Matrix: Equatable, Sendable {
  /// Its rows.
  let rowCount: Int
  /// Its columns.
  let columnCount: Int
  /// Its numbers, `rowCount · columnCount` of them.
  var values: [Double]

  /// A matrix of zeros.
  init(rowCount: Int, columnCount: Int) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    values = [Double](repeating: 0, count: rowCount * columnCount)
  }

  /// A matrix of the given numbers.
  init(rowCount: Int, columnCount: Int, _ values: [Double]) {
    precondition(values.count == rowCount * columnCount, "a matrix of other size")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.values = values
  }

  /// Ones on the diagonal, zeros elsewhere.
  init(identity rowCount: Int, columnCount: Int) {
    self.init(rowCount: rowCount, columnCount: columnCount)
    for position in 0..<min(rowCount, columnCount) { self[position, position] = 1 }
  }

  /// One number.
  subscript(row: Int, column: Int) -> Double {
    get { values[row * columnCount + column] }
    set { values[row * columnCount + column] = newValue }
  }

  /// One row.
  func row(_ row: Int) -> ArraySlice<Double> {
    values[(row * columnCount)..<((row + 1) * columnCount)]
  }

  /// The matrix with rows and columns exchanged.
  var transposed: Matrix {
    var result = Matrix(rowCount: columnCount, columnCount: rowCount)
    for row in 0..<rowCount {
      for column in 0..<columnCount { result[column, row] = self[row, column] }
    }
    return result
  }

  /// The first columns, and columns of zeros behind them where there are fewer than `count`.
  func keepingColumns(as count: Int) -> Matrix {
    var result = Matrix(rowCount: rowCount, columnCount: count)
    for row in 0..<rowCount {
      for column in 0..<min(count, columnCount) { result[row, column] = self[row, column] }
    }
    return result
  }

  /// The product with a number.
  func scaled(by factor: Double) -> Matrix {
    Matrix(rowCount: rowCount, columnCount: columnCount, values.map { $0 * factor })
  }

  /// The largest magnitude; NaN if there is one.
  var largestMagnitude: Double {
    values.reduce(0) { $1.isNaN || $0.isNaN ? .nan : max($0, abs($1)) }
  }
}
