extension LazyTensor {
  /// The elements of `range` (all of them by default) as float32 values.
  ///
  /// - Throws: `FileError` where the bytes cannot be read.
  /// - Precondition: The dtype converts to float32, and the range lies within the elements.
  public func floats(_ range: Range<Int>? = nil) throws(FileError) -> [Float] {
    let range = range ?? 0..<elementCount
    guard let tensor = cast(to: .f32) else {
      preconditionFailure("\(dtype.name) does not convert to F32")
    }
    var values = [Float](repeating: 0, count: range.count)
    try values.withMutableFloatBytes { bytes throws(FileError) in
      var reader = try TensorReader(tensor)
      try reader.read(elements: range, into: &bytes)
    }
    return values
  }

  /// The elements of `range` as float64 values.
  ///
  /// - Throws: `FileError` where the bytes cannot be read.
  /// - Precondition: The dtype converts to float64, and the range lies within the elements.
  public func doubles(_ range: Range<Int>) throws(FileError) -> [Double] {
    guard let tensor = cast(to: .f64) else {
      preconditionFailure("\(dtype.name) does not convert to F64")
    }
    var values = [Double](repeating: 0, count: range.count)
    try values.withMutableFloatBytes { bytes throws(FileError) in
      var reader = try TensorReader(tensor)
      try reader.read(elements: range, into: &bytes)
    }
    return values
  }
}

extension Array where Element: BinaryFloatingPoint & BitwiseCopyable {
  /// Calls `body` with the array's own bytes.
  public func withFloatBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    // SAFETY: floating-point numbers have no padding.
    try body(unsafe span.bytes)
  }

  /// Calls `body` with the array's own bytes, for writing.
  public mutating func withMutableFloatBytes<R, E: Error>(
    _ body: (inout MutableRawSpan) throws(E) -> R
  ) throws(E) -> R {
    var span = mutableSpan
    // SAFETY: every bit pattern is a floating-point number.
    var raw = unsafe span.mutableBytes
    return try body(&raw)
  }
}
