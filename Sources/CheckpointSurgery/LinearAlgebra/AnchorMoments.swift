internal import TensorStorage

/// Sums over pairs of rows `(a, b)`: all that a linear map between them needs to know.
struct AnchorMoments: Sendable {
  /// How many pairs.
  private(set) var count = 0
  private var sumA: [Double]
  private var sumB: [Double]
  /// `Σ |a|²`.
  private var squaresA = 0.0
  /// `Σ |b|²`.
  private var squaresB = 0.0
  /// `Aᵀ · A`, its lower triangle; empty where it is not asked for.
  private var gramA: Matrix
  /// `Aᵀ · B`.
  private var crossAB: Matrix

  init(donorWidth: Int, recipientWidth: Int, withGram: Bool) {
    sumA = [Double](repeating: 0, count: donorWidth)
    sumB = [Double](repeating: 0, count: recipientWidth)
    let size = withGram ? donorWidth : 0
    gramA = Matrix(rowCount: size, columnCount: size)
    crossAB = Matrix(rowCount: donorWidth, columnCount: recipientWidth)
  }

  /// Adds pairs of rows.
  mutating func add(_ a: Matrix, _ b: Matrix) {
    count += a.rowCount
    for row in 0..<a.rowCount {
      for (column, value) in a.row(row).enumerated() {
        sumA[column] += value
        squaresA += value * value
      }
      for (column, value) in b.row(row).enumerated() {
        sumB[column] += value
        squaresB += value * value
      }
    }
    if gramA.rowCount > 0 { LinearAlgebra.addGram(of: a, to: &gramA) }
    crossAB.add(LinearAlgebra.product(a, b, transposing: .first))
  }

  /// The sums without those of `other`, which are a part of them.
  func without(_ other: AnchorMoments) -> AnchorMoments {
    var result = self
    result.count -= other.count
    result.squaresA -= other.squaresA
    result.squaresB -= other.squaresB
    for column in sumA.indices { result.sumA[column] -= other.sumA[column] }
    for column in sumB.indices { result.sumB[column] -= other.sumB[column] }
    if gramA.rowCount > 0 { result.gramA.add(other.gramA, times: -1) }
    result.crossAB.add(other.crossAB, times: -1)
    return result
  }

  /// The mean of the donor's rows.
  var meanA: [Double] { sumA.map { $0 / Double(max(1, count)) } }
  /// The mean of the recipient's rows.
  var meanB: [Double] { sumB.map { $0 / Double(max(1, count)) } }

  /// `Aᵀ · A` of the rows less their mean; its lower triangle.
  var centredGram: Matrix {
    var result = gramA
    let mean = meanA
    for row in 0..<gramA.rowCount {
      for column in 0...row { result[row, column] -= sumA[row] * mean[column] }
    }
    return result
  }

  /// `Aᵀ · B` of the rows less their means.
  var centredCross: Matrix {
    var result = crossAB
    let mean = meanB
    for row in 0..<crossAB.rowCount {
      for column in mean.indices { result[row, column] -= sumA[row] * mean[column] }
    }
    return result
  }

  /// `Σ |a|²` of the rows less their mean.
  var centredSquares: Double { max(0, squaresA - zip(sumA, meanA).reduce(0) { $0 + $1.0 * $1.1 }) }

  /// How many times longer the recipient's rows are than the donor's, in the root mean square.
  var lengthRatio: Double { squaresA > 0 ? (squaresB / squaresA).squareRoot() : 1 }
}

extension Matrix {
  /// Adds `factor · other`, which has the same extents.
  mutating func add(_ other: Matrix, times factor: Double = 1) {
    for position in values.indices { values[position] += factor * other.values[position] }
  }

  /// Subtracts a row from each.
  mutating func subtract(_ row: [Double]) {
    for index in 0..<rowCount {
      for column in 0..<columnCount { self[index, column] -= row[column] }
    }
  }
}
