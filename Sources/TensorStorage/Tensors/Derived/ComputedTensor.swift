extension LazyTensor {
  /// Makes values by their positions: those that begin at an element, as many as the array has places.
  package typealias ElementMaker = (_ values: inout [Double], _ start: Int) throws(FileError) ->
    Void

  /// A tensor whose values are made in float64 when they are read, and rounded once, to nearest even.
  ///
  /// - Parameters:
  ///   - dtype: Of the result: F64, F32, F16 or BF16.
  ///   - shape: The extents.
  ///   - formula: What a plan shows, as `mean of the rows`.
  ///   - maker: Called once for each reader; what it returns is used by one thread at a time.
  /// - Returns: nil for a dtype without a conversion, or a size that overflows.
  package static func computed(
    as dtype: DType, shape: [Int], formula: String,
    _ maker: @escaping @Sendable () throws(FileError) -> ElementMaker
  ) -> LazyTensor? {
    guard ElementConversion.isSupported(from: .f64, to: dtype),
      let elementCount = Layout.elementCount(of: shape),
      let byteCount = dtype.byteCount(elementCount: elementCount)
    else { return nil }
    let source = ComputedElements(
      byteCount: byteCount, dtype: dtype, formula: formula, maker: maker)
    return LazyTensor(dtype: dtype, shape: shape, storage: Storage(source))
  }
}

/// Values that a closure makes, as bytes.
private struct ComputedElements: ByteSource {
  let byteCount: Int
  let dtype: DType
  let formula: String
  let maker: @Sendable () throws(FileError) -> LazyTensor.ElementMaker

  var isRandomAccess: Bool { true }
  var fileRange: FileRange? { nil }
  var derivation: Derivation? { .computed(formula: formula) }

  func makeCursor() throws(FileError) -> any ByteCursor {
    ElementCursor(dtype: dtype, elements: Elements(make: try maker()))
  }

  private final class Elements: ElementSource {
    private let make: LazyTensor.ElementMaker

    init(make: @escaping LazyTensor.ElementMaker) { self.make = make }

    func fill(_ values: inout [Double], from start: Int) throws(FileError) {
      try make(&values, start)
    }
  }
}
