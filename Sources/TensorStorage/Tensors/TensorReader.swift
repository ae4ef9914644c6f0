/// Reads a `LazyTensor` in tiles: its logical elements, row-major, packed, little-endian, cast.
///
/// A packed tensor is read tile by tile and nothing is kept. A transposed or overlapping view holds the
/// part of its storage that it looks into, from the first tile on. One thread uses a reader at a time.
public struct TensorReader: ~Copyable {
  /// What casts have done to the values so far.
  public private(set) var report = ConversionReport()

  private let tensor: LazyTensor
  private var cursor: any ByteCursor
  private var held = TensorBytes(byteCount: 0)
  private var scratch = TensorBytes(byteCount: 0)

  /// A reader of `tensor`, at its first element.
  public init(_ tensor: LazyTensor) throws(FileError) {
    self.tensor = tensor
    cursor = try tensor.storage.source.makeCursor()
  }

  /// Fills `destination` with the elements of `range`, in row-major order.
  ///
  /// - Precondition: `destination` holds exactly those elements, and the range begins and ends on a byte.
  public mutating func read(
    elements range: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.elementCount
        && tensor.dtype.byteCount(elementCount: range.count) == destination.byteCount,
      "the tile does not fit the range")
    if range.isEmpty { return }
    if tensor.dtype == tensor.storedDType {
      return try readStored(range, into: &destination)
    }
    try readCast(range, into: &destination)
  }

  private mutating func readStored(
    _ range: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    if tensor.isPacked {
      // Checked when the view was made.
      let skipped = tensor.storedDType.byteCount(elementCount: range.lowerBound) ?? 0
      try cursor.read(at: tensor.byteOffset + skipped, into: &destination)
    } else {
      try readStrided(range, into: &destination)
    }
    ElementModification.apply(tensor.modifiers, of: tensor.storedDType, to: &destination)
  }

  private mutating func readStrided(
    _ range: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    if held.byteCount == 0 {
      var bytes = TensorBytes(byteCount: tensor.extentByteCount)
      var span = bytes.mutableBytes
      try cursor.read(at: tensor.byteOffset, into: &span)
      held = bytes
    }
    StridedCopy.gather(
      from: held.bytes, elementByteCount: tensor.storedDType.bitCount / 8,
      shape: tensor.shape, strides: tensor.strides ?? [], elements: range, into: &destination)
  }

  private mutating func readCast(
    _ range: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    // Tiles that stay in the cache, whatever the caller's buffer is.
    let tileElementCount = 64 * 1024
    let width = tensor.dtype.bitCount / 8
    var start = range.lowerBound
    while start < range.upperBound {
      let tile = start..<min(start + tileElementCount, range.upperBound)
      let storedByteCount = tensor.storedDType.byteCount(elementCount: tile.count) ?? 0
      var buffer = exchange(&scratch, with: TensorBytes(byteCount: 0))
      if buffer.byteCount < storedByteCount { buffer = TensorBytes(byteCount: storedByteCount) }
      var stored = buffer.mutableBytes(0..<storedByteCount)
      try readStored(tile, into: &stored)
      let position = (start - range.lowerBound) * width
      var target = destination.part(position..<(position + tile.count * width))
      ElementConversion.convert(
        stored.bytes, from: tensor.storedDType, into: &target, as: tensor.dtype, report: &report)
      scratch = buffer
      start = tile.upperBound
    }
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
