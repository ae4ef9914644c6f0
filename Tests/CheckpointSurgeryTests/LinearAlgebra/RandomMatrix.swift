import TestSupport

@testable import CheckpointSurgery

extension Matrix {
  /// A matrix of random numbers in `-1 ..< 1`.
  static func random(_ rowCount: Int, _ columnCount: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(
      rowCount: rowCount, columnCount: columnCount,
      (0..<(rowCount * columnCount)).map { _ in Double.random(in: -1..<1, using: &generator) })
  }

  /// The product by its definition.
  func naiveProduct(_ other: Matrix) -> Matrix {
    var result = Matrix(rowCount: rowCount, columnCount: other.columnCount)
    for row in 0..<rowCount {
      for column in 0..<other.columnCount {
        for inner in 0..<columnCount {
          result[row, column] += self[row, inner] * other[inner, column]
        }
      }
    }
    return result
  }

  /// The solution x of `x · a = self` by elimination, for a positive definite `a`, whose lower triangle is read.
  func naiveQuotient(_ a: Matrix) -> Matrix {
    var (a, x) = (a, self)
    let count = a.rowCount
    for row in 0..<count { for column in 0..<row { a[column, row] = a[row, column] } }
    for pivot in 0..<count {
      for column in 0..<count where column != pivot {
        let factor = a[pivot, column] / a[pivot, pivot]
        for row in 0..<count { a[row, column] -= factor * a[row, pivot] }
        for row in 0..<x.rowCount { x[row, column] -= factor * x[row, pivot] }
      }
    }
    for column in 0..<count {
      for row in 0..<x.rowCount { x[row, column] /= a[column, column] }
    }
    return x
  }

  /// The largest difference of two numbers in the same place.
  func difference(from other: Matrix) -> Double {
    guard (rowCount, columnCount) == (other.rowCount, other.columnCount) else { return .infinity }
    return zip(values, other.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }
}
