internal import TensorStorage

/// The numbers in a tile of packed little-endian elements, as doubles.
///
/// A complex element is two numbers, its real part first. Integers of more than 53 bits are rounded.
struct TileNumbers {
  /// The numbers of the last tile, `count` of them.
  private(set) var values: [Double] = []

  /// How many numbers one element of `dtype` is; nil if its bits are no numbers (`BITS8` and the like).
  static func countPerElement(of dtype: DType) -> Int? {
    switch dtype {
    case .bits8, .bits16, .bits1x8, .bits2x4, .bits4x2: nil
    default: dtype.isComplex ? 2 : 1
    }
  }

  /// The floating-point dtype of which an element is made, where it is.
  private static func floatingPart(of dtype: DType) -> DType? {
    switch dtype {
    case .c32: .f16
    case .bc32: .bf16
    case .c64: .f32
    case .c128: .f64
    default: dtype.isFloatingPoint ? dtype : nil
    }
  }

  /// Puts the numbers of `tile` into `values`.
  mutating func fill(from tile: RawSpan, dtype: DType, elementCount: Int) {
    let count = elementCount * (Self.countPerElement(of: dtype) ?? 0)
    if values.count != count { values = [Double](repeating: 0, count: count) }
    if count == 0 { return }
    if let part = Self.floatingPart(of: dtype) { return convert(tile, from: part) }
    switch dtype {
    case .i8: widen(tile, Int8.self)
    case .i16: widen(tile, Int16.self)
    case .i32: widen(tile, Int32.self)
    case .i64: widen(tile, Int64.self)
    case .u16: widen(tile, UInt16.self)
    case .u32: widen(tile, UInt32.self)
    case .u64: widen(tile, UInt64.self)
    case .bool: readTruth(tile)
    default: widen(tile, UInt8.self)
    }
  }

  private mutating func convert(_ tile: RawSpan, from dtype: DType) {
    var report = ConversionReport()
    var span = values.mutableSpan
    // SAFETY: every bit pattern is a Double.
    var bytes = unsafe span.mutableBytes
    ElementConversion.convert(tile, from: dtype, into: &bytes, as: .f64, report: &report)
  }

  private mutating func widen<T: FixedWidthInteger & BitwiseCopyable>(_ tile: RawSpan, _: T.Type) {
    for position in values.indices {
      // SAFETY: the tile holds as many elements as `values`; every bit pattern is a T.
      let stored = unsafe tile.unsafeLoadUnaligned(
        fromByteOffset: position * MemoryLayout<T>.size, as: T.self)
      values[position] = Double(T(littleEndian: stored))
    }
  }

  private mutating func readTruth(_ tile: RawSpan) {
    widen(tile, UInt8.self)
    for position in values.indices where values[position] != 0 { values[position] = 1 }
  }
}
