#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage

/// The affine map with the least squares on anchors, kept from running wild by a penalty:
/// `y = μ_b + (x − μ_a) · (AᵀA + λ I)⁻¹ AᵀB` of centred rows.
///
/// `λ` is the one of a grid that predicts anchors best when each is left out in turn. That is free: the
/// residual is `(b − b̂) / (1 − h)`, `h` the diagonal of the hat matrix (Allen's PRESS, 1974), and one
/// eigendecomposition serves the whole grid.
struct RidgeFit: Sendable {
  let map: RowMap
  /// The penalty, and that as a multiple of the mean eigenvalue of `AᵀA`.
  let penalty: Double, relativePenalty: Double
  /// Each anchor predicted by the others.
  let score: HeldOutScore?
  /// Anchors that were used.
  let anchorCount: Int

  /// Multiples of the mean eigenvalue, in half decades.
  private static let grid = (-12...4).map { pow(10, Double($0) / 2) }
  /// Products of about so many numbers for each penalty that is tried.
  private static let samplingCost = 1 << 31

  init(_ anchors: AnchorRows) throws(FitFault) {
    try Fit.open()
    let (a, b) = (anchors.donorWidth, anchors.recipientWidth)
    var moments = AnchorMoments(donorWidth: a, recipientWidth: b, withGram: true)
    try Fit.read(anchors) { _, x, y in moments.add(x, y) }
    guard moments.count >= 2 else { throw .tooFew(usable: moments.count) }
    let (values, vectors) = try Fit.solve { () throws(LinearAlgebraFault) in
      try LinearAlgebra.eigen(of: moments.centredGram)
    }
    let spectrum = Spectrum(
      values: values.map { max(0, $0) }, vectors: vectors,
      cross: LinearAlgebra.product(vectors, moments.centredCross))
    let mean = max(spectrum.values.reduce(0, +) / Double(a), .leastNormalMagnitude)
    let size = min(4096, max(256, Self.samplingCost / max(1, a * b)))
    var sample = LeaveOneOut(meanA: moments.meanA, meanB: moments.meanB, count: moments.count)
    try Fit.read(anchors.sample(size)) { _, x, y in sample.add(x, y) }
    var best: (factor: Double, score: HeldOutScore)?
    for factor in Self.grid {
      guard spectrum.isTame(penalty: factor * mean, ratio: moments.lengthRatio),
        let score = sample.score(spectrum, penalty: factor * mean),
        score.relativeError.isFinite
      else { continue }
      if best.map({ score.relativeError < $0.score.relativeError }) ?? true {
        best = (factor, score)
      }
    }
    let factor = best?.factor ?? Self.grid[Self.grid.count - 1]
    let matrix = spectrum.map(penalty: factor * mean)
    let shifted = LinearAlgebra.product(
      Matrix(rowCount: 1, columnCount: a, moments.meanA), matrix)
    map = RowMap(matrix, plus: zip(moments.meanB, shifted.values).map { $0 - $1 })
    penalty = factor * mean
    relativePenalty = factor
    score = best?.score
    anchorCount = moments.count
  }
}

/// `AᵀA` by its eigenvectors, one a row, and `AᵀB` in their terms.
private struct Spectrum {
  var values: [Double]
  var vectors: Matrix
  var cross: Matrix

  /// `(AᵀA + λ I)⁻¹ AᵀB`.
  func map(penalty: Double) -> Matrix {
    var weighted = cross
    for row in 0..<weighted.rowCount {
      let factor = 1 / (values[row] + penalty)
      for column in 0..<weighted.columnCount { weighted[row, column] *= factor }
    }
    return LinearAlgebra.product(vectors, weighted, transposing: .first)
  }

  /// Whether no coefficient is beyond reason, for rows that become `ratio` times as long.
  func isTame(penalty: Double, ratio: Double) -> Bool {
    let largest = map(penalty: penalty).largestMagnitude
    return largest.isFinite && largest <= Self.largestCoefficient * ratio
  }

  /// A map with larger ones takes differences of anchors apart, and those are noise.
  private static let largestCoefficient = 1e3
}

/// Anchors, each to be predicted by a map of the others.
private struct LeaveOneOut {
  let meanA: [Double], meanB: [Double]
  /// How many anchors the map is learned from.
  let count: Int
  private var a: [Double] = []
  private var b: [Double] = []

  init(meanA: [Double], meanB: [Double], count: Int) {
    (self.meanA, self.meanB, self.count) = (meanA, meanB, count)
  }

  mutating func add(_ a: Matrix, _ b: Matrix) {
    self.a += a.values
    self.b += b.values
  }

  func score(_ spectrum: Spectrum, penalty: Double) -> HeldOutScore? {
    let rowCount = a.count / max(1, meanA.count)
    var x = Matrix(rowCount: rowCount, columnCount: meanA.count, a)
    x.subtract(meanA)
    let b = Matrix(rowCount: rowCount, columnCount: meanB.count, self.b)
    var z = LinearAlgebra.product(x, spectrum.vectors, transposing: .second)
    var leverages = [Double](repeating: 1 / Double(count), count: rowCount)
    for row in 0..<rowCount {
      for column in 0..<z.columnCount {
        let weighted = z[row, column] / (spectrum.values[column] + penalty)
        leverages[row] += z[row, column] * weighted
        z[row, column] = weighted
      }
    }
    var predicted = LinearAlgebra.product(z, spectrum.cross)
    for row in 0..<rowCount {
      // An anchor that the map follows whatever it is says nothing about the others.
      guard leverages[row] < 1 - 1e-9 else { return nil }
      for column in 0..<b.columnCount {
        let residual = b[row, column] - meanB[column] - predicted[row, column]
        predicted[row, column] = b[row, column] - residual / (1 - leverages[row])
      }
    }
    return HeldOutScore(predicted, of: b, mean: meanB)
  }
}
