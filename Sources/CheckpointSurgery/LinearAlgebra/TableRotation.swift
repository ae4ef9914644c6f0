internal import TensorStorage

/// The rotation and the scale that bring one table nearest to another: `W ≈ E · s Q` with `Q = U Vᵀ`,
/// `U S Vᵀ = Eᵀ W` and `s = tr S / |E|²` (Schönemann, 1966).
struct TableRotation: Sendable {
  /// `s Q`.
  let matrix: Matrix
  /// `|W − E · s Q| / |W|`.
  let loss: Double

  /// The rotation of the first table, of two of one shape.
  init(_ first: LazyTensor, to second: LazyTensor) throws(FitFault) {
    try Fit.open()
    let width = first.shape[1]
    let gram = try JointTable.gram(of: [first, second], width: 2 * width)
    var cross = Matrix(rowCount: width, columnCount: width)
    for row in 0..<width {
      for column in 0..<width { cross[row, column] = gram[width + column, row] }
    }
    let (u, values, v) = try Fit.solve { () throws(LinearAlgebraFault) in
      try LinearAlgebra.singular(of: cross)
    }
    let trace = values.reduce(0, +)
    let squares = (0..<width).reduce((0.0, 0.0)) {
      ($0.0 + gram[$1, $1], $0.1 + gram[width + $1, width + $1])
    }
    let scale = squares.0 > 0 ? trace / squares.0 : 0
    matrix = LinearAlgebra.product(u, v).scaled(by: scale)
    loss =
      squares.1 > 0 ? (max(0, squares.1 - scale * trace) / squares.1).squareRoot() : 0
  }
}
