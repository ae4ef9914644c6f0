internal import TensorStorage

/// One table for several: `[E₁|E₂|…] ≈ T · [A₁|A₂|…]`, the best of its rank (Eckart and Young, 1936).
///
/// With `F = [E₁|E₂|…]` and the eigenvectors `V` of `FᵀF`, the widest first, `T = F V_r` and `Aᵢ` are the
/// columns of `V_rᵀ` that belong to `Eᵢ`. At full rank `Eᵢ = T Aᵢ`, to the rounding of `T`.
struct JointTable: Sendable {
  /// `T`, `[rows, width]`.
  let table: LazyTensor
  /// `Aᵢ`, `[width, width of Eᵢ]`.
  let factors: [Matrix]
  /// `|Eᵢ − T Aᵢ| / |Eᵢ|`.
  let losses: [Double]

  private static let tileRowCount = 512

  /// The table of `tables`, which have the same number of rows.
  ///
  /// - Parameters:
  ///   - tables: Two or more.
  ///   - rank: How many directions are kept; from the sum of the tables' widths on, all.
  ///   - width: The columns, `rank` or more; those behind are zeros.
  ///   - dtype: Of the result.
  /// - Throws: Where a table cannot be read, or is not finite.
  init(
    _ tables: [LazyTensor], rank: Int, width: Int, as dtype: DType
  ) throws(FitFault) {
    try Fit.open()
    let widths = tables.map { $0.shape[1] }
    let sum = widths.reduce(0, +)
    let gram = try Self.gram(of: tables, width: sum)
    let (values, vectors) = try Fit.solve { () throws(LinearAlgebraFault) in
      try LinearAlgebra.eigen(of: gram)
    }
    var factors: [Matrix] = []
    var losses: [Double] = []
    var terms: [LazyTensor.Term] = []
    var start = 0
    for (table, own) in zip(tables, widths) {
      var factor = Matrix(rowCount: width, columnCount: own)
      for axis in 0..<min(rank, sum) {
        for column in 0..<own { factor[axis, column] = vectors[sum - 1 - axis, start + column] }
      }
      factors.append(factor)
      losses.append(Self.loss(of: start..<(start + own), rank: rank, values, vectors, gram))
      guard
        let part = table.mappingRows(by: RowMap(factor.transposed), as: .f64, formula: "E · V")
      else { throw .tooFew(usable: 0) }
      terms.append(.init(1, part))
      start += own
    }
    guard
      let table = LazyTensor.combination(
        terms, as: dtype, formula: "\(min(rank, sum)) axes of \(tables.count) tables")
    else { throw .tooFew(usable: 0) }
    self.table = table
    self.factors = factors
    self.losses = losses
  }

  /// `FᵀF`; its lower triangle.
  static func gram(of tables: [LazyTensor], width: Int) throws(FitFault) -> Matrix {
    var gram = Matrix(rowCount: width, columnCount: width)
    var sources: [PackedBytes] = []
    for table in tables {
      guard let wide = table.cast(to: .f64) else { throw .tooFew(usable: 0) }
      sources.append(PackedBytes(wide))
    }
    let rowCount = tables[0].shape[0]
    do throws(FileError) {
      for first in stride(from: 0, to: rowCount, by: tileRowCount) {
        let range = first..<min(first + tileRowCount, rowCount)
        var tile = Matrix(rowCount: range.count, columnCount: width)
        var start = 0
        for (source, table) in zip(sources, tables) {
          let part = try Matrix(rows: range, width: table.shape[1], of: source)
          tile.setColumns(from: start, to: part)
          start += part.columnCount
        }
        LinearAlgebra.addGram(of: tile, to: &gram)
      }
    } catch { throw .file(error) }
    return gram
  }

  /// What the axes that are left out hold of some columns, relative to the columns' length.
  private static func loss(
    of columns: Range<Int>, rank: Int, _ values: [Double], _ vectors: Matrix, _ gram: Matrix
  ) -> Double {
    var lost = 0.0
    for axis in 0..<max(0, values.count - rank) {
      let own = columns.reduce(0) { $0 + vectors[axis, $1] * vectors[axis, $1] }
      lost += max(0, values[axis]) * own
    }
    let total = columns.reduce(0) { $0 + gram[$1, $1] }
    return total > 0 ? (lost / total).squareRoot() : 0
  }
}

extension Matrix {
  /// Puts the columns of another matrix in the place of some.
  mutating func setColumns(from start: Int, to other: Matrix) {
    for row in 0..<rowCount {
      for column in 0..<other.columnCount { self[row, start + column] = other[row, column] }
    }
  }
}
