internal import Synchronization
internal import TensorStorage

/// The mean and the standard deviation of each column of a table, read once, when first asked for.
final class ColumnStatistics: Sendable {
  /// One number for each column.
  struct Moments: Sendable {
    var means: [Double]
    var deviations: [Double]
  }

  private let table: LazyTensor
  private let found = Mutex<Moments?>(nil)

  // A megabyte keeps the disk busy, and stays in the cache while it is added.
  private static let tileElementCount = 1 << 17

  /// The statistics of a table in float64; everything behind its first dimension is a column.
  init(of table: LazyTensor) { self.table = table }

  /// The moments; the first thread that asks reads the table.
  func moments() throws(FileError) -> Moments {
    try found.withLock { found throws(FileError) in
      if let found { return found }
      let moments = try read()
      found = moments
      return moments
    }
  }

  private func read() throws(FileError) -> Moments {
    let rowCount = table.shape.first ?? 0
    let width = rowCount == 0 ? 0 : table.elementCount / rowCount
    var sums = [Double](repeating: 0, count: width)
    var squares = sums
    var column = 0
    var tile = [Double](repeating: 0, count: min(Self.tileElementCount, table.elementCount))
    var reader = try TensorReader(table)
    for start in stride(from: 0, to: table.elementCount, by: Self.tileElementCount) {
      let end = min(start + Self.tileElementCount, table.elementCount)
      if tile.count > end - start { tile.removeLast(tile.count - (end - start)) }
      try tile.withMutableFloatBytes { bytes throws(FileError) in
        try reader.read(elements: start..<end, into: &bytes)
      }
      for value in tile {
        sums[column] += value
        squares[column] += value * value
        column = column + 1 == width ? 0 : column + 1
      }
    }
    let count = Double(max(1, rowCount))
    let means = sums.map { $0 / count }
    let deviations = zip(squares, means).map { square, mean in
      max(0, square / count - mean * mean).squareRoot()
    }
    return Moments(means: means, deviations: deviations)
  }
}
