/// Reads a `LazyTensor` in tiles: its logical elements, row-major, packed, little-endian, cast.
///
/// A packed tensor is read tile by tile and nothing is kept; of a strided view a window is held
/// (`LazyTensor.heldByteCount`). One thread uses a reader at a time.
public struct TensorReader: ~Copyable {
  /// What casts have done to the values so far.
  public internal(set) var report = ConversionReport()

  let tensor: LazyTensor
  var stored: StoredReader
  private var scratch = TensorBytes(byteCount: 0)

  /// A reader of `tensor`, at its first element.
  ///
  /// - Throws: What its source throws when it is opened; `noData` for a tensor without bytes.
  public init(_ tensor: LazyTensor) throws(FileError) {
    self.tensor = tensor
    stored = try StoredReader(tensor)
  }

  /// Fills `destination` with the elements of `range`, in row-major order.
  ///
  /// - Precondition: `destination` holds exactly those elements, and in a dtype of less than a byte the
  ///   range begins and ends on one.
  public mutating func read(
    elements range: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.elementCount
        && tensor.dtype.byteCount(elementCount: range.count) == destination.byteCount
        && tensor.dtype.byteCount(elementCount: range.lowerBound) != nil,
      "the tile does not fit the range")
    if range.isEmpty { return }
    if tensor.dtype == tensor.storedDType {
      return try stored.read(range, into: &destination)
    }
    try readCast(range, into: &destination)
  }

  /// Converts in tiles that stay in the cache, whatever the caller's buffer is.
  private mutating func readCast(
    _ range: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    let width = tensor.dtype.bitCount / 8
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + Self.tileElementCount, range.upperBound)
      let position = (start - range.lowerBound) * width
      var target = destination.part(position..<(position + (end - start) * width))
      try readCastTile(start..<end, into: &target)
      start = end
    }
  }

  /// A multiple of 8, so that tiles of sub-byte elements begin on bytes if the first does.
  private static let tileElementCount = 64 * 1024

  private mutating func readCastTile(
    _ range: Range<Int>, into target: inout MutableRawSpan
  ) throws(FileError) {
    // Eight elements are whole bytes in any dtype.
    let whole = tensor.storedDType.isSubByte ? range.roundedOut(to: 8) : range
    let end = min(whole.upperBound, tensor.elementCount)
    let bytes = whole.lowerBound..<end
    // Checked when the view was made.
    let storedByteCount = tensor.storedDType.byteCount(elementCount: bytes.count) ?? 0
    var buffer = exchange(&scratch, with: TensorBytes(byteCount: 0))
    if buffer.byteCount < storedByteCount { buffer = TensorBytes(byteCount: storedByteCount) }
    var source = buffer.mutableBytes(0..<storedByteCount)
    try stored.read(bytes, into: &source)
    let found = convert(source.bytes, bytes, keeping: range, into: &target)
    report.merge(found)
    scratch = buffer
  }

  /// Converts the elements of `stored`; those of `range` among them go to `target`.
  private func convert(
    _ source: RawSpan, _ stored: Range<Int>, keeping range: Range<Int>,
    into target: inout MutableRawSpan
  ) -> ConversionReport {
    var found = ConversionReport()
    if stored == range {
      ElementConversion.convert(
        source, from: tensor.storedDType, into: &target, as: tensor.dtype, report: &found)
      return found
    }
    let width = tensor.dtype.bitCount / 8
    var converted = TensorBytes(byteCount: stored.count * width)
    var span = converted.mutableBytes
    ElementConversion.convert(
      source, from: tensor.storedDType, into: &span, as: tensor.dtype, report: &found)
    let skipped = (range.lowerBound - stored.lowerBound) * width
    target.copy(converted.bytes.extracting(skipped..<(skipped + target.byteCount)))
    // The neighbours were converted for nothing. Nothing else is to be taken back: sub-byte values all
    // exist in the wider dtypes.
    found.elementCount = range.count
    return found
  }
}

extension Range<Int> {
  /// The least range around it whose bounds are multiples of `unit`.
  fileprivate func roundedOut(to unit: Int) -> Range<Int> {
    (lowerBound / unit * unit)..<((upperBound + unit - 1) / unit * unit)
  }
}

extension LazyTensor {
  /// The whole tensor's bytes: logical, row-major, packed, little-endian.
  ///
  /// For tensors known to be small; files are converted through `TensorReader`.
  public func read() throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    try bytes.withMutableRawBytes { span throws(FileError) in
      var reader = try TensorReader(self)
      try reader.read(elements: 0..<elementCount, into: &span)
    }
    return bytes
  }
}
