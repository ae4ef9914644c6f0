#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

/// Cosines and sines of rotary positions, with xpos' growth of queries and keys multiplied in.
struct RotaryTable {
  let pairCount: Int
  let isInterleaved: Bool
  private let cosines: [Float]
  private let sines: [Float]
  /// xpos: the growth of a query; a key's is its inverse.
  private let growth: [Float]?

  /// The table of the positions from `first` on.
  init(
    _ rotary: RotaryEmbedding, count: Int, pass: ForwardPass
  ) throws(InferenceError) {
    let frequencies: [Float] = try pass.weights.values(rotary.inverseFrequencies)
    pairCount = frequencies.count
    isInterleaved = rotary.isInterleaved
    var cosines: [Float] = []
    var sines: [Float] = []
    for position in 0..<count {
      for frequency in frequencies {
        let angle = Float(position) * frequency / Float(rotary.interpolationFactor)
        cosines.append(cosf(angle))
        sines.append(sinf(angle))
      }
    }
    self.cosines = cosines
    self.sines = sines
    guard let bases = try pass.weights.values(rotary.scale) else {
      growth = nil
      return
    }
    growth = (0..<count).flatMap { position -> [Float] in
      let power = Float(position - count / 2) / Float(rotary.scaleBase)
      return bases.map { powf($0, power) }
    }
  }

  /// What a row is: queries grow where keys shrink, and values with them.
  enum Role { case query, key }

  /// Turns the head that begins at `start` of `x`, at `position`.
  func rotate(
    _ x: inout MutableSpan<Float>, at start: Int, position: Int, role: Role
  ) {
    let range = (position * pairCount)..<((position + 1) * pairCount)
    guard let growth else {
      Elementwise.rotate(
        &x, at: start, cosines: cosines.span.extracting(range), sines: sines.span.extracting(range),
        isInterleaved: isInterleaved)
      return
    }
    let factors = growth[range].map { role == .query ? $0 : 1 / $0 }
    let scaledCosines = zip(cosines[range], factors).map { $0 * $1 }
    let scaledSines = zip(sines[range], factors).map { $0 * $1 }
    Elementwise.rotate(
      &x, at: start, cosines: scaledCosines.span, sines: scaledSines.span,
      isInterleaved: isInterleaved)
  }
}
