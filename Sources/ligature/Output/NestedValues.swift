/// Writes values in nested brackets, as Python prints arrays, while they arrive in row-major order.
///
/// Of a large array only the first and the last along each dimension are written, and `...` between them.
struct NestedValues {
  /// More values than this are written only if asked for, as in torch and numpy.
  static let maximumCount = 1000

  private let axes: [Axis]
  private var position: [Int]

  /// What is written along one dimension: `leading` indices, a gap if that is not all, `trailing` indices.
  private struct Axis {
    var extent: Int
    var leading: Int
    var trailing: Int

    var hasGap: Bool { leading + trailing < extent }
  }

  /// Brackets for an array of that shape: all of it, or what fits a screen.
  init(shape: [Int], isWhole: Bool) {
    axes = shape.enumerated().map { dimension, extent in
      let (leading, trailing) = isWhole ? (extent, 0) : Self.edges(shape.count - 1 - dimension)
      return leading + trailing < extent
        ? Axis(extent: extent, leading: leading, trailing: trailing)
        : Axis(extent: extent, leading: extent, trailing: 0)
    }
    position = shape.map { _ in 0 }
  }

  /// How many indices are written at each end of a dimension with that many behind it.
  ///
  /// Three in the last three dimensions, one in the next three, the first alone beyond: at most 1728
  /// values, whatever the rank.
  private static func edges(_ dimensionsBehind: Int) -> (Int, Int) {
    dimensionsBehind < 3 ? (3, 3) : dimensionsBehind < 6 ? (1, 1) : (1, 0)
  }

  /// The indices that are written along each dimension.
  var indices: [[Int]] {
    axes.map { Array(0..<$0.leading) + Array(($0.extent - $0.trailing)..<$0.extent) }
  }

  /// Writes the next value with the brackets, commas and line breaks before and after it.
  mutating func add(_ value: String, to page: inout Page) {
    let opened = position.reversed().prefix { $0 == 0 }.count
    // The dimension that went on since the last value; none before the first.
    let advanced = axes.count - 1 - opened
    if advanced >= 0 {
      separate(advanced, to: &page)
      if axes[advanced].hasGap, position[advanced] == axes[advanced].leading {
        page.write("...")
        separate(advanced, to: &page)
      }
    }
    page.write(UInt8(ascii: "["), count: opened)
    page.write(value)
    close(to: &page)
  }

  /// Writes what stands between two neighbours along a dimension.
  private func separate(_ dimension: Int, to page: inout Page) {
    if dimension == axes.count - 1 { return page.write(", ") }
    page.write(",")
    page.endLine()
    page.write(UInt8(ascii: " "), count: dimension + 1)
  }

  /// Goes on to the next position, closing the dimensions that end.
  private mutating func close(to page: inout Page) {
    for dimension in axes.indices.reversed() {
      let axis = axes[dimension]
      position[dimension] += 1
      if position[dimension] < axis.leading + axis.trailing { return }
      if axis.hasGap, axis.trailing == 0 {
        separate(dimension, to: &page)
        page.write("...")
      }
      page.write("]")
      position[dimension] = 0
    }
    page.endLine()
  }
}
