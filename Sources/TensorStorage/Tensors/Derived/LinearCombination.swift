extension LazyTensor {
  /// One summand of a linear combination: a factor and a tensor.
  public struct Term: Sendable {
    /// What each value is multiplied by.
    public var factor: Double
    /// The values.
    public var tensor: LazyTensor

    /// The summand `factor · tensor`.
    public init(_ factor: Double, _ tensor: LazyTensor) {
      self.factor = factor
      self.tensor = tensor
    }
  }

  /// The tensor `Σ factor · tensor + constant`, element by element.
  ///
  /// Nothing is read until it is. The sum is made in float64 and rounded once, to nearest even, so a factor
  /// that is a power of two loses nothing.
  ///
  /// - Parameters:
  ///   - terms: One or more, of one shape, in dtypes that convert to float64.
  ///   - constant: Added to each element.
  ///   - dtype: Of the result: F64, F32, F16 or BF16.
  ///   - formula: What a plan shows, as `0.125 · token_emb.emb.weight`.
  /// - Returns: nil for no term, shapes that differ, or dtypes without a conversion.
  public static func combination(
    _ terms: [Term], plus constant: Double = 0, as dtype: DType, formula: String
  ) -> LazyTensor? {
    guard let first = terms.first?.tensor,
      ElementConversion.isSupported(from: .f64, to: dtype),
      let byteCount = dtype.byteCount(elementCount: first.elementCount)
    else { return nil }
    var wide: [(factor: Double, tensor: LazyTensor)] = []
    for term in terms {
      guard term.tensor.shape == first.shape, let tensor = term.tensor.cast(to: .f64) else {
        return nil
      }
      wide.append((term.factor, tensor))
    }
    let source = LinearCombination(
      byteCount: byteCount, terms: wide, constant: constant, dtype: dtype, formula: formula)
    return LazyTensor(dtype: dtype, shape: first.shape, storage: Storage(source))
  }
}

/// A linear combination as bytes.
private struct LinearCombination: ByteSource {
  let byteCount: Int
  let terms: [(factor: Double, tensor: LazyTensor)]
  let constant: Double
  let dtype: DType
  let formula: String

  var isRandomAccess: Bool { terms.allSatisfy { $0.tensor.isRandomAccess } }
  var fileRange: FileRange? { nil }
  var derivation: Derivation? { .computed(formula: formula) }

  func makeCursor() throws(FileError) -> any ByteCursor {
    ElementCursor(dtype: dtype, elements: Sum(terms: terms, constant: constant))
  }

  /// Makes the values of a range of elements.
  private final class Sum: ElementSource {
    private let factors: [Double]
    private let constant: Double
    private let sources: [PackedBytes]

    init(terms: [(factor: Double, tensor: LazyTensor)], constant: Double) {
      factors = terms.map(\.factor)
      sources = terms.map { PackedBytes($0.tensor) }
      self.constant = constant
    }

    func fill(_ values: inout [Double], from start: Int) throws(FileError) {
      // −0 is what changes nothing when it is added to; 0 would make a 0 of each −0.
      var sum = [Double](repeating: constant == 0 ? -0.0 : constant, count: values.count)
      for (factor, source) in zip(factors, sources) {
        try values.withMutableFloatBytes { bytes throws(FileError) in
          try source.read(at: start * 8, into: &bytes)
        }
        for position in sum.indices { sum[position] += factor * values[position] }
      }
      values = sum
    }
  }
}
