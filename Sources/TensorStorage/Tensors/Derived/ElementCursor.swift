/// Makes float64 values by their positions: what a computed tensor is, before it is rounded.
package protocol ElementSource: AnyObject {
  /// Puts the elements that begin at `start` into `values`, as many as it has places.
  func fill(_ values: inout [Double], from start: Int) throws(FileError)
}

/// Reads values that are made as they are asked for, rounded to a dtype.
package struct ElementCursor<Elements: ElementSource>: ByteCursor {
  private let dtype: DType
  private let elements: Elements

  /// A cursor over values in a dtype of a whole number of bytes.
  package init(dtype: DType, elements: Elements) {
    self.dtype = dtype
    self.elements = elements
  }

  // A tile of 32 Ki values stays in the cache next to its sources.
  private static var tileElementCount: Int { 32 * 1024 }

  package mutating func read(at offset: Int, into destination: inout MutableRawSpan)
    throws(FileError)
  {
    let width = dtype.bitCount / 8
    var done = 0
    while done < destination.byteCount {
      let first = (offset + done) / width
      let skipped = (offset + done) % width
      let wanted = min(destination.byteCount - done, Self.tileElementCount * width - skipped)
      let count = (skipped + wanted + width - 1) / width
      var target = destination.part(done..<(done + wanted))
      try read(first, count, skipping: skipped, into: &target)
      done += wanted
    }
  }

  private func read(
    _ first: Int, _ count: Int, skipping skipped: Int, into target: inout MutableRawSpan
  ) throws(FileError) {
    var values = [Double](repeating: 0, count: count)
    try elements.fill(&values, from: first)
    var report = ConversionReport()
    let width = dtype.bitCount / 8
    if skipped == 0, target.byteCount == count * width {
      return values.withFloatBytes {
        ElementConversion.convert($0, from: .f64, into: &target, as: dtype, report: &report)
      }
    }
    var rounded = TensorBytes(byteCount: count * width)
    var span = rounded.mutableBytes
    values.withFloatBytes {
      ElementConversion.convert($0, from: .f64, into: &span, as: dtype, report: &report)
    }
    target.copy(rounded.bytes.extracting(skipped..<(skipped + target.byteCount)))
  }
}
