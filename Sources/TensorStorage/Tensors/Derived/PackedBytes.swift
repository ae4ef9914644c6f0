/// The bytes of a tensor as they are read (row-major, packed, cast), at any offset.
///
/// A class, because a reader keeps what it needs for going on; one thread uses it at a time.
package final class PackedBytes {
  private let tensor: LazyTensor
  private var reader: TensorReader?

  /// The bytes of `tensor`, from any offset.
  package init(_ tensor: LazyTensor) { self.tensor = tensor }

  /// Fills `destination` with the bytes that begin at `offset`.
  package func read(
    at offset: Int, into destination: inout MutableRawSpan
  ) throws(FileError) {
    let bits = tensor.dtype.bitCount
    // The elements that the bytes are parts of; eight of them are whole bytes in any dtype.
    let unit = bits < 8 ? 8 : 1
    let unitByteCount = max(1, bits * unit / 8)
    let first = offset / unitByteCount
    let last = (offset + destination.byteCount + unitByteCount - 1) / unitByteCount
    let elements = (first * unit)..<min(last * unit, tensor.elementCount)
    let byteCount = tensor.dtype.byteCount(elementCount: elements.count) ?? 0
    if byteCount == destination.byteCount { return try read(elements, into: &destination) }
    var whole = TensorBytes(byteCount: byteCount)
    var span = whole.mutableBytes
    try read(elements, into: &span)
    let skipped = offset - first * unitByteCount
    destination.copy(whole.bytes.extracting(skipped..<(skipped + destination.byteCount)))
  }

  private func read(
    _ elements: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    if reader == nil { reader = try TensorReader(tensor) }
    try reader?.read(elements: elements, into: &destination)
  }
}
