#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage

/// An affine map of rows: `y = x · matrix + offset`, with the lengths set right afterwards if it is asked for.
struct RowMap: Equatable, Sendable {
  /// What a row is multiplied by, `[width of x, width of y]`.
  let matrix: Matrix
  /// What is added; nil for nothing.
  let offset: [Double]?
  /// What the length of `y` is made to be by that of `x`; nil to leave it.
  var length: LengthLaw?

  /// Whether the matrix has ones on its diagonal and zeros elsewhere, so that columns are cut off or zeros put
  /// behind them; what is not finite stays in its column then.
  private(set) var keepsColumns = false

  /// The map by a matrix.
  init(_ matrix: Matrix, plus offset: [Double]? = nil) {
    self.matrix = matrix
    self.offset = offset
  }

  /// The map that cuts off columns, or puts columns of zeros behind those there are.
  init(keepingColumnsOf width: Int, as newWidth: Int) {
    self.init(Matrix(identity: width, columnCount: newWidth))
    keepsColumns = true
  }

  /// `|y| = exp(intercept + slope · log |x|)`.
  struct LengthLaw: Equatable, Sendable {
    var intercept: Double
    var slope: Double
  }

  /// The rows `x`, mapped.
  func callAsFunction(_ x: Matrix) -> Matrix {
    var y =
      keepsColumns ? x.keepingColumns(as: matrix.columnCount) : LinearAlgebra.product(x, matrix)
    if let offset {
      for row in 0..<y.rowCount {
        for column in 0..<y.columnCount { y[row, column] += offset[column] }
      }
    }
    guard let length else { return y }
    for row in 0..<y.rowCount {
      let wanted = exp(length.intercept + length.slope * log(Self.length(of: x.row(row))))
      let factor = wanted / Self.length(of: y.row(row))
      // A row of zeros stays one.
      guard factor.isFinite else { continue }
      for column in 0..<y.columnCount { y[row, column] *= factor }
    }
    return y
  }

  /// The Euclidean length of a row.
  static func length(of row: ArraySlice<Double>) -> Double {
    row.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}

extension LazyTensor {
  /// The rows of a tensor of two dimensions, each mapped.
  ///
  /// Nothing is read until it is; then some rows at a time are in memory, and the map. Sums are made in float64,
  /// in tiles that do not depend on where reading begins, and rounded once.
  ///
  /// - Returns: nil unless the rows are as wide as the map takes and both dtypes convert.
  func mappingRows(by map: RowMap, as dtype: DType, formula: String) -> LazyTensor? {
    guard shape.count == 2, shape[1] == map.matrix.rowCount, let wide = cast(to: .f64),
      ElementConversion.isSupported(from: .f64, to: dtype)
    else { return nil }
    let shape = [shape[0], map.matrix.columnCount]
    guard let count = Layout.elementCount(of: shape),
      let byteCount = dtype.byteCount(elementCount: count)
    else { return nil }
    let source = MappedRows(
      byteCount: byteCount, rows: wide, map: map, dtype: dtype, formula: formula)
    return LazyTensor(dtype: dtype, shape: shape, storage: Storage(source))
  }
}

/// Mapped rows as bytes.
private struct MappedRows: ByteSource {
  let byteCount: Int
  let rows: LazyTensor
  let map: RowMap
  let dtype: DType
  let formula: String

  var isRandomAccess: Bool { rows.isRandomAccess }
  var fileRange: FileRange? { nil }
  var derivation: Derivation? { .computed(formula: formula) }

  func makeCursor() throws(FileError) -> any ByteCursor {
    ElementCursor(dtype: dtype, elements: Elements(rows: rows, map: map))
  }

  /// Makes whole tiles of rows; the last one is kept, since reading goes on where it ended.
  private final class Elements: ElementSource {
    private let source: PackedBytes
    private let rowCount: Int
    private let map: RowMap
    private var tile = Matrix(rowCount: 0, columnCount: 0)
    private var number: Int?

    init(rows: LazyTensor, map: RowMap) {
      source = PackedBytes(rows)
      rowCount = rows.shape[0]
      self.map = map
    }

    /// Enough for products to run at full speed, a few megabytes for widths of thousands.
    private static let tileRowCount = 256

    func fill(_ values: inout [Double], from start: Int) throws(FileError) {
      let tileCount = Self.tileRowCount * map.matrix.columnCount
      var done = 0
      while done < values.count {
        let element = start + done
        try make(tile: element / tileCount)
        let skipped = element % tileCount
        let count = min(values.count - done, tile.values.count - skipped)
        values.replaceSubrange(
          done..<(done + count), with: tile.values[skipped..<(skipped + count)])
        done += count
      }
    }

    private func make(tile wanted: Int) throws(FileError) {
      if wanted == number { return }
      number = nil
      let first = wanted * Self.tileRowCount
      let width = map.matrix.rowCount
      let count = min(Self.tileRowCount, rowCount - first)
      var x = Matrix(rowCount: count, columnCount: width)
      try x.values.withMutableFloatBytes { bytes throws(FileError) in
        try source.read(at: first * width * 8, into: &bytes)
      }
      tile = map(x)
      number = wanted
    }
  }
}
