import Testing

@testable import CheckpointSurgery

/// Sizes on either side of those at which OpenBLAS changes its ways, and degenerate ones.
private let shapes = [(1, 1), (1, 7), (7, 1), (5, 5), (33, 17), (17, 33), (64, 64), (0, 3), (3, 0)]

@Suite struct `Linear algebra` {
  init() throws { try LinearAlgebra.open() }

  @Test(arguments: shapes) func `multiplies, transposed or not`(m: Int, n: Int) {
    let (a, b) = (Matrix.random(m, 9, seed: 1), Matrix.random(9, n, seed: 2))
    let expected = a.naiveProduct(b)
    // Sums of nine products of numbers below 1.
    let tolerance = 1e-14
    #expect(LinearAlgebra.product(a, b).difference(from: expected) < tolerance)
    #expect(
      LinearAlgebra.product(a.transposed, b, transposing: .first).difference(from: expected)
        < tolerance)
    #expect(
      LinearAlgebra.product(a, b.transposed, transposing: .second).difference(from: expected)
        < tolerance)
  }

  @Test(arguments: shapes) func `adds Gram matrices to the lower triangle`(m: Int, n: Int) {
    let a = Matrix.random(m, n, seed: 3)
    let expected = a.transposed.naiveProduct(a)
    var sum = Matrix(rowCount: n, columnCount: n)
    LinearAlgebra.addGram(of: a, to: &sum)
    LinearAlgebra.addGram(of: a, times: 0.5, to: &sum)
    for row in 0..<n {
      for column in 0...row {
        #expect(abs(sum[row, column] - 1.5 * expected[row, column]) < 1e-12)
      }
    }
  }

  @Test(arguments: [1, 2, 5, 40]) func `finds eigenvalues, ascending`(size: Int) throws {
    let root = Matrix.random(size + 3, size, seed: 4)
    let matrix = root.transposed.naiveProduct(root)
    let (values, vectors) = try LinearAlgebra.eigen(of: matrix)
    #expect(values == values.sorted())
    var scaled = vectors
    for row in 0..<size {
      for column in 0..<size { scaled[row, column] *= values[row] }
    }
    #expect(vectors.transposed.naiveProduct(scaled).difference(from: matrix) < 1e-12)
    #expect(
      vectors.naiveProduct(vectors.transposed)
        .difference(from: Matrix(identity: size, columnCount: size)) < 1e-12)
  }

  @Test(arguments: shapes) func `finds singular values, descending`(m: Int, n: Int) throws {
    let matrix = Matrix.random(m, n, seed: 5)
    let (u, values, v) = try LinearAlgebra.singular(of: matrix)
    #expect(values == values.sorted(by: >))
    #expect([u.rowCount, u.columnCount] == [m, min(m, n)])
    #expect([v.rowCount, v.columnCount] == [min(m, n), n])
    var scaled = v
    for row in 0..<v.rowCount {
      for column in 0..<n { scaled[row, column] *= values[row] }
    }
    #expect(u.naiveProduct(scaled).difference(from: matrix) < 1e-12)
  }

  @Test func `says which function cannot do it`() {
    let broken = Matrix(rowCount: 2, columnCount: 2, [1, 0, .nan, 1])
    #expect(throws: LinearAlgebraFault.notSolved(function: "dsyevd", code: -1)) {
      try LinearAlgebra.eigen(of: broken)
    }
    #expect(throws: LinearAlgebraFault.notSolved(function: "dgesdd", code: -1)) {
      try LinearAlgebra.singular(of: broken)
    }
  }
}
