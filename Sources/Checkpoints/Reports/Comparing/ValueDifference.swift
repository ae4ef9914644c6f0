/// How two elements are found to be the same.
package enum Equality: Hashable, Sendable {
  /// By their bits; between dtypes by their values. NaNs with the same bits are equal, 0 and −0 are not.
  case exact
  /// By `|a − b| ≤ absolute + relative · |b|`. NaN equals NaN, an infinity itself.
  case within(absolute: Double, relative: Double)
}

/// How the values of two tensors of one shape differ.
package struct ValueDifference: Hashable, Sendable {
  /// Elements that are not equal.
  package var differingCount: Int
  /// The row-major position of the first of them.
  package var firstPosition: Int
  /// The largest |a − b| where both are finite.
  package var maximumAbsolute: Double
  /// The largest |a − b| / max(|a|, |b|) where both are finite.
  package var maximumRelative: Double
  /// The cosine of the angle between the two as vectors, over the elements finite in both; nil if one of
  /// them is zero.
  package var cosine: Double?
  /// Elements that are NaN or infinite in one of the two, and something else in the other.
  package var nonFiniteCount: Int

  /// Both together: the counts added, the worst of each measure, the first place of the first.
  package func merged(with other: ValueDifference) -> ValueDifference {
    var result = self
    result.differingCount.addClamped(other.differingCount)
    result.nonFiniteCount.addClamped(other.nonFiniteCount)
    result.maximumAbsolute = max(maximumAbsolute, other.maximumAbsolute)
    result.maximumRelative = max(maximumRelative, other.maximumRelative)
    result.cosine = [cosine, other.cosine].compactMap(\.self).min()
    return result
  }
}

/// Sums over pairs of numbers, for `ValueDifference`.
struct ValueMeasures {
  private(set) var maximumAbsolute = 0.0
  private(set) var maximumRelative = 0.0
  private(set) var nonFiniteCount = 0
  private var product = 0.0
  private var squares = (a: 0.0, b: 0.0)

  /// The cosine of the angle between the two; nil if one of them is zero.
  var cosine: Double? {
    let length = squares.a.squareRoot() * squares.b.squareRoot()
    return length > 0 ? product / length : nil
  }

  /// Adds numbers that stand in the same places.
  mutating func add(_ a: [Double], _ b: [Double]) {
    for (a, b) in zip(a, b) {
      guard a.isFinite && b.isFinite else {
        if a != b && !(a.isNaN && b.isNaN) { nonFiniteCount += 1 }
        continue
      }
      let distance = abs(a - b)
      if distance > 0 {
        maximumAbsolute = max(maximumAbsolute, distance)
        maximumRelative = max(maximumRelative, distance / max(abs(a), abs(b)))
      }
      product += a * b
      squares.a += a * a
      squares.b += b * b
    }
  }
}
