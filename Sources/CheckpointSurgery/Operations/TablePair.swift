internal import Checkpoints
internal import TensorStorage

/// Two tables of one shape, and how far the second is from a multiple of the first.
///
/// `E` is the first (the input table), `W` the second (the head). Sums are in float64, over all elements.
struct TablePair {
  let first: LazyTensor
  let second: LazyTensor
  /// `<E, E>`, `<E, W>` and `<W, W>`.
  let products: (ee: Double, ew: Double, ww: Double)
  /// The cosine of each pair of rows, ascending; rows of zeros are left out.
  let cosines: [Double]

  // Blocks of this many elements of both stay in the cache.
  private static let blockElementCount = 1 << 16

  /// Reads both tables once.
  ///
  /// - Precondition: They have one shape `[rows, columns]`, and dtypes that convert to float64.
  init(_ first: LazyTensor, _ second: LazyTensor) throws(FileError) {
    (self.first, self.second) = (first, second)
    var sums = Sums()
    try Self.forEachBlock(of: first, second) { e, w, width throws(FileError) in
      for start in stride(from: 0, to: e.count, by: width) {
        sums.add(e[start..<(start + width)], w[start..<(start + width)])
      }
    }
    products = sums.products
    cosines = sums.cosines.sorted()
  }

  /// What is known of the rows that have been read.
  private struct Sums {
    var products = (ee: 0.0, ew: 0.0, ww: 0.0)
    var cosines: [Double] = []

    mutating func add(_ e: ArraySlice<Double>, _ w: ArraySlice<Double>) {
      var row = (ee: 0.0, ew: 0.0, ww: 0.0)
      for (a, b) in zip(e, w) {
        row.ee += a * a
        row.ew += a * b
        row.ww += b * b
      }
      products.ee += row.ee
      products.ew += row.ew
      products.ww += row.ww
      let length = (row.ee * row.ww).squareRoot()
      if length > 0 { cosines.append(row.ew / length) }
    }
  }

  /// `|a − b| / |b|`.
  static func distance(of a: LazyTensor, from b: LazyTensor) throws(FileError) -> Double {
    if a.isSameView(as: b) { return 0 }
    var (apart, length) = (0.0, 0.0)
    try forEachBlock(of: a, b) { a, b, _ throws(FileError) in
      for (x, y) in zip(a, b) {
        apart += (x - y) * (x - y)
        length += y * y
      }
    }
    return length > 0 ? (apart / length).squareRoot() : apart.squareRoot()
  }

  /// Calls `body` with whole rows of both, and the length of a row.
  private static func forEachBlock(
    of first: LazyTensor, _ second: LazyTensor,
    _ body: ([Double], [Double], Int) throws(FileError) -> Void
  ) throws(FileError) {
    let width = first.shape.last ?? 1
    guard first.elementCount > 0 else { return }
    let step = max(1, blockElementCount / width) * width
    for start in stride(from: 0, to: first.elementCount, by: step) {
      let range = start..<min(start + step, first.elementCount)
      try body(first.doubles(range), second.doubles(range), width)
    }
  }
}

extension TablePair {
  /// The scalar that brings the first nearest to the second: `<E, W> / <E, E>`; 0 for a table of zeros.
  var bestScale: Double { products.ee > 0 ? products.ew / products.ee : 0 }

  /// The ratio of their lengths, `|W| / |E|`.
  var lengthRatio: Double {
    products.ee > 0 ? (products.ww / products.ee).squareRoot() : 0
  }

  /// `|W − scale · E| / |W|`.
  func residual(of scale: Double) -> Double {
    let square = products.ww - 2 * scale * products.ew + scale * scale * products.ee
    return products.ww > 0 ? (max(0, square) / products.ww).squareRoot() : 0
  }

  /// How far `a · E + b · W` is from the first, relative to its length.
  func distanceToFirst(_ a: Double, _ b: Double) -> Double {
    distance(a - 1, b, from: products.ee)
  }

  /// How far `scale · (a · E + b · W)` is from the second, relative to its length.
  func distanceToSecond(_ a: Double, _ b: Double, scale: Double) -> Double {
    distance(scale * a, scale * b - 1, from: products.ww)
  }

  private func distance(_ a: Double, _ b: Double, from length: Double) -> Double {
    let square = a * a * products.ee + 2 * a * b * products.ew + b * b * products.ww
    return length > 0 ? (max(0, square) / length).squareRoot() : 0
  }

  /// The cosine that a share `quantile` of the rows is below of; 0 where there is no row.
  func cosine(quantile: Double) -> Double {
    guard !cosines.isEmpty else { return 0 }
    return cosines[min(cosines.count - 1, Int(quantile * Double(cosines.count)))]
  }

  /// The largest `|W − scale · E|`, relative to the largest `|W|`, and, element by element, to `|scale · E|`.
  func largestDifference(
    scale: Double
  ) throws(FileError) -> (overall: Double, elementwise: Double) {
    var (difference, largest, relative) = (0.0, 0.0, 0.0)
    try Self.forEachBlock(of: first, second) { e, w, _ throws(FileError) in
      for (a, b) in zip(e, w) {
        let apart = abs(b - scale * a)
        difference = max(difference, apart)
        largest = max(largest, abs(b))
        if apart > 0 { relative = max(relative, apart / abs(scale * a)) }
      }
    }
    return (largest > 0 ? difference / largest : difference, relative)
  }

  /// Whether the second is the first, multiplied and rounded to the second's dtype, bit by bit.
  func isExactly(scale: Double) throws(FileError) -> Bool {
    if scale == 1, first.dtype == second.dtype { return try first.hasSameElements(as: second) }
    guard
      let scaled = LazyTensor.combination([.init(scale, first)], as: second.dtype, formula: "")
    else { return false }
    return try scaled.hasSameElements(as: second)
  }
}
