internal import TensorStorage

/// The directions in which rows spread most, from the origin: `E · V` has the best inner products of its width
/// (Eckart and Young, 1936).
struct PrincipalAxes: Sendable {
  /// From the rows' width to `count` axes, one a column, the widest first.
  let map: RowMap
  /// The share of `Σ |e|²` that is outside of the axes.
  let lostShare: Double

  private static let tileRowCount = 512

  /// The first `count` axes of the rows of `table`; rows that are not finite are left out.
  init(_ table: LazyTensor, count: Int) throws(FitFault) {
    try Fit.open()
    let width = table.shape[1]
    var gram = Matrix(rowCount: width, columnCount: width)
    guard let wide = table.cast(to: .f64) else { throw .tooFew(usable: 0) }
    do throws(FileError) {
      let source = PackedBytes(wide)
      for first in stride(from: 0, to: table.shape[0], by: Self.tileRowCount) {
        let range = first..<min(first + Self.tileRowCount, table.shape[0])
        let rows = try Matrix(rows: range, width: width, of: source)
        LinearAlgebra.addGram(of: rows.rows((0..<range.count).filter(rows.isUsable)), to: &gram)
      }
    } catch { throw .file(error) }
    let (values, vectors) = try Fit.solve { () throws(LinearAlgebraFault) in
      try LinearAlgebra.eigen(of: gram)
    }
    var axes = Matrix(rowCount: width, columnCount: count)
    for axis in 0..<count {
      let vector = vectors.row(width - 1 - axis)
      // A direction has two names; the one whose largest coordinate is positive is taken.
      let largest = vector.max { abs($0) < abs($1) } ?? 0
      for (row, value) in vector.enumerated() { axes[row, axis] = largest < 0 ? -value : value }
    }
    map = RowMap(axes)
    let total = values.reduce(0) { $0 + max(0, $1) }
    let lost = values.dropLast(count).reduce(0) { $0 + max(0, $1) }
    lostShare = total > 0 ? lost / total : 0
  }
}
