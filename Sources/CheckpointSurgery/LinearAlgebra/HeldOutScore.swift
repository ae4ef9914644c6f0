/// How well a map does on pairs of rows that it was not learned from.
struct HeldOutScore: Equatable, Sendable {
  /// The mean cosine of a row and its prediction.
  var meanCosine: Double
  /// The cosine that 95 of 100 rows exceed.
  var lowCosine: Double
  /// `|B − B̂| / |B − mean|`: 0 is perfect, 1 no better than predicting the mean.
  var relativeError: Double
  /// The mean of `|b̂| / |b|`.
  var lengthRatio: Double
  /// How many rows were predicted.
  var count: Int

  /// Scores predictions of the rows of `b`, whose mean is `mean`; nil for no rows.
  init?(_ predicted: Matrix, of b: Matrix, mean: [Double]) {
    guard b.rowCount > 0 else { return nil }
    var cosines: [Double] = []
    var (error, spread, ratio) = (0.0, 0.0, 0.0)
    for row in 0..<b.rowCount {
      var (product, squares, lengths) = (0.0, 0.0, 0.0)
      for column in 0..<b.columnCount {
        let (x, y) = (predicted[row, column], b[row, column])
        product += x * y
        squares += x * x
        lengths += y * y
        error += (x - y) * (x - y)
        spread += (y - mean[column]) * (y - mean[column])
      }
      let scale = (squares * lengths).squareRoot()
      cosines.append(scale > 0 ? product / scale : 0)
      ratio += lengths > 0 ? (squares / lengths).squareRoot() : 0
    }
    count = b.rowCount
    meanCosine = cosines.reduce(0, +) / Double(count)
    lowCosine = cosines.sorted()[count / 20]
    relativeError = spread > 0 ? (error / spread).squareRoot() : (error > 0 ? .infinity : 0)
    lengthRatio = ratio / Double(count)
  }
}
