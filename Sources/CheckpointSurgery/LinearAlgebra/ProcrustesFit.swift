internal import TensorStorage

/// The rotation, with one scale, that takes anchors nearest to their partners.
///
/// `y = μ_b + s (x − μ_a) · U Vᵀ` with `U S Vᵀ = AᵀB` of centred rows and `s = tr S / |A|²` (Schönemann, 1966).
/// Between different widths it is a partial isometry.
struct ProcrustesFit: Sendable {
  let map: RowMap
  /// The scale.
  let scale: Double
  /// Anchors of each part predicted by a map of the other parts.
  let score: HeldOutScore?
  /// How many parts were predicted.
  let foldCount: Int
  /// Anchors that were used.
  let anchorCount: Int

  private static let partCount = 5
  /// Wider maps take seconds each, so one part of them is predicted, not five.
  private static let widestForAllParts = 512

  init(_ anchors: AnchorRows) throws(FitFault) {
    try Fit.open()
    let (a, b) = (anchors.donorWidth, anchors.recipientWidth)
    let empty = AnchorMoments(donorWidth: a, recipientWidth: b, withGram: false)
    var total = empty
    var parts = [AnchorMoments](repeating: empty, count: Self.partCount)
    try Fit.read(anchors) { positions, x, y in
      total.add(x, y)
      for part in 0..<Self.partCount {
        let own = positions.indices.filter { positions[$0] % Self.partCount == part }
        if !own.isEmpty { parts[part].add(x.rows(own), y.rows(own)) }
      }
    }
    guard total.count >= 2 else { throw .tooFew(usable: total.count) }
    (map, scale) = try Self.rotation(total)
    anchorCount = total.count
    let folds = (0..<(min(a, b) <= Self.widestForAllParts ? Self.partCount : 1)).filter {
      parts[$0].count > 0 && total.count - parts[$0].count >= 2
    }
    foldCount = folds.count
    var maps: [Int: RowMap] = [:]
    for fold in folds { maps[fold] = try Self.rotation(total.without(parts[fold])).map }
    var predicted: [Double] = []
    var truth: [Double] = []
    try Fit.read(anchors) { positions, x, y in
      for (fold, map) in maps.sorted(by: { $0.key < $1.key }) {
        let own = positions.indices.filter { positions[$0] % Self.partCount == fold }
        if own.isEmpty { continue }
        predicted += map(x.rows(own)).values
        truth += y.rows(own).values
      }
    }
    score = HeldOutScore(
      Matrix(rowCount: truth.count / max(1, b), columnCount: b, predicted),
      of: Matrix(rowCount: truth.count / max(1, b), columnCount: b, truth), mean: total.meanB)
  }

  private static func rotation(
    _ moments: AnchorMoments
  ) throws(FitFault) -> (map: RowMap, scale: Double) {
    let cross = moments.centredCross
    let (u, values, v) = try Fit.solve { () throws(LinearAlgebraFault) in
      try LinearAlgebra.singular(of: cross)
    }
    let squares = moments.centredSquares
    let scale = squares > 0 ? values.reduce(0, +) / squares : 0
    let matrix = LinearAlgebra.product(u, v).scaled(by: scale)
    let shifted = LinearAlgebra.product(
      Matrix(rowCount: 1, columnCount: cross.rowCount, moments.meanA), matrix)
    return (RowMap(matrix, plus: zip(moments.meanB, shifted.values).map { $0 - $1 }), scale)
  }
}
