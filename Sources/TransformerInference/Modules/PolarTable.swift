#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

/// Polar positions (arXiv 2509.10534): `softplus(x)` as a length, the position as an angle.
struct PolarTable {
  private let frequencies: [Float]
  private let bias: [Float]

  init(_ embedding: PolarEmbedding, pass: ForwardPass) throws(InferenceError) {
    frequencies = try pass.weights.values(embedding.inverseFrequencies)
    let bias: [Float] = try pass.weights.values(embedding.learnedBias)
    self.bias = bias.map { min(max($0, -2 * .pi), 0) }
  }

  /// The heads of `x` as `(x · cos, x · sin)`, with twice the features.
  ///
  /// Keys have an angle of their own in each of `count` heads; a single key head becomes as many.
  func turned(
    _ x: Activations, heads: Int, of count: Int, offset: Int, isKey: Bool
  ) -> Activations {
    let width = frequencies.count
    var result = Activations(batch: x.batch, length: x.length, width: count * 2 * width)
    for row in 0..<x.rowCount {
      let position = Float(row % x.length + offset)
      for head in 0..<count {
        let from = row * x.width + (head % heads) * width
        let to = row * result.width + head * 2 * width
        for feature in 0..<width {
          let length = Self.softplus(x.values[from + feature])
          let shift = isKey ? bias[head * width + feature] : 0
          let angle = position * frequencies[feature] + shift
          result.values[to + feature] = length * cosf(angle)
          result.values[to + width + feature] = length * sinf(angle)
        }
      }
    }
    return result
  }

  /// torch's: linear from 20 on.
  private static func softplus(_ x: Float) -> Float { x > 20 ? x : log1pf(expf(x)) }
}
