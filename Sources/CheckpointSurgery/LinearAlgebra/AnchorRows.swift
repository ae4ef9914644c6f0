internal import Checkpoints
internal import TensorStorage

/// Pairs of rows that say the same in two tables: what a map from one to the other is learned from.
///
/// Pairs with a row that is not finite, or all zeros, say nothing and are left out. Rows are read in tiles.
struct AnchorRows: Sendable {
  /// One pair.
  struct Pair: Hashable, Sendable {
    /// The row in the donor's table, which is mapped.
    var donor: Int
    /// The row in the recipient's, which it is mapped to.
    var recipient: Int
  }

  /// The pairs that were given.
  let pairs: [Pair]
  /// Widths of the rows.
  let donorWidth: Int, recipientWidth: Int

  private let donor: LazyTensor
  private let recipient: LazyTensor

  /// The rows of two tables of floating-point numbers.
  ///
  /// - Precondition: The rows are there and the dtypes convert to float64.
  init(_ pairs: [Pair], donor: LazyTensor, recipient: LazyTensor) {
    self.pairs = pairs
    self.donor = donor
    self.recipient = recipient
    (donorWidth, recipientWidth) = (donor.shape[1], recipient.shape[1])
  }

  /// About `count` of the pairs, evenly spread.
  func sample(_ count: Int) -> AnchorRows {
    guard pairs.count > count, count > 0 else { return self }
    let chosen = (0..<count).map { pairs[$0 * pairs.count / count] }
    return AnchorRows(chosen, donor: donor, recipient: recipient)
  }

  /// Whether each pair's rows have the same bytes.
  var areEqual: Bool {
    get throws(FileError) {
      guard donor.dtype == recipient.dtype, donorWidth == recipientWidth, !pairs.isEmpty else {
        return false
      }
      guard let a = Self.gathered(donor, pairs.map(\.donor)),
        let b = Self.gathered(recipient, pairs.map(\.recipient))
      else { return false }
      return try a.hasSameElements(as: b)
    }
  }

  private static let tileRowCount = 512

  /// Calls `body` with the usable pairs, some at a time: positions in `pairs`, donor's and recipient's rows.
  func forEachTile(
    _ body: (_ positions: [Int], _ a: Matrix, _ b: Matrix) -> Void
  ) throws(FileError) {
    guard let a = Self.gathered(donor, pairs.map(\.donor))?.cast(to: .f64),
      let b = Self.gathered(recipient, pairs.map(\.recipient))?.cast(to: .f64)
    else { return }
    let sources = (PackedBytes(a), PackedBytes(b))
    for first in stride(from: 0, to: pairs.count, by: Self.tileRowCount) {
      let range = first..<min(first + Self.tileRowCount, pairs.count)
      let left = try Matrix(rows: range, width: donorWidth, of: sources.0)
      let right = try Matrix(rows: range, width: recipientWidth, of: sources.1)
      let usable = (0..<range.count).filter { left.isUsable(row: $0) && right.isUsable(row: $0) }
      if usable.isEmpty { continue }
      body(usable.map { first + $0 }, left.rows(usable), right.rows(usable))
    }
  }

  /// Rows of a table in that order.
  static func gathered(_ table: LazyTensor, _ rows: [Int]) -> LazyTensor? {
    LazyTensor.rows(of: rows.map { LazyTensor.RowRun(table, $0..<($0 + 1)) })
  }
}

extension Matrix {
  /// Reads rows of a float64 table.
  init(rows: Range<Int>, width: Int, of source: PackedBytes) throws(FileError) {
    self.init(rowCount: rows.count, columnCount: width)
    try values.withMutableFloatBytes { bytes throws(FileError) in
      try source.read(at: rows.lowerBound * width * 8, into: &bytes)
    }
  }

  /// Whether a row is finite and not all zeros.
  func isUsable(row: Int) -> Bool {
    let row = self.row(row)
    return row.allSatisfy(\.isFinite) && row.contains { $0 != 0 }
  }

  /// Some of the rows.
  func rows(_ chosen: [Int]) -> Matrix {
    if chosen.count == rowCount { return self }
    var values: [Double] = []
    values.reserveCapacity(chosen.count * columnCount)
    for row in chosen { values += self.row(row) }
    return Matrix(rowCount: chosen.count, columnCount: columnCount, values)
  }
}
