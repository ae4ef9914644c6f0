internal import TensorStorage

/// An array in `.npy` form: its header, read, and the place of its elements.
struct NumpyArray {
  /// What the elements are and how they lie.
  let header: NumpyHeader
  /// Where they begin in the source.
  let dataOffset: Int

  private let source: any ByteSource

  /// numpy by default reads none that are longer; only structured arrays would have them.
  private static let maximumHeaderByteCount = 10_000

  /// Reads the header of the array that all of `source` is.
  ///
  /// Only the header's bytes are read, each once, so that a source that sums up what was read (to
  /// compare a checksum) sees every byte once.
  init(_ source: any ByteSource) throws(NumpyReadError) {
    var bytes = try NumpyBytes(source)
    guard try bytes.next(6) == NumpyHeader.magic else { throw .fault(.magic) }
    let version = try bytes.next(2)
    guard (1...3).contains(version[0]), version[1] == 0 else {
      throw .fault(.version(major: version[0], minor: version[1]))
    }
    let byteCount = try bytes.next(version[0] == 1 ? 2 : 4).reversed().reduce(0) {
      $0 << 8 | Int($1)
    }
    guard byteCount <= Self.maximumHeaderByteCount else {
      throw .fault(.headerTooLarge(byteCount: byteCount, limit: Self.maximumHeaderByteCount))
    }
    let text = try bytes.next(byteCount)
    do { header = try NumpyHeader(parsing: text.rawBytes) } catch { throw .fault(error) }
    dataOffset = bytes.offset
    self.source = source
    try checkByteCount()
  }

  private func checkByteCount() throws(NumpyReadError) {
    let needed = header.dataByteCount ?? 0
    let available = source.byteCount - dataOffset
    if needed > available { throw .fault(.dataShort(needed: needed, available: available)) }
    if needed < available { throw .fault(.dataLong(needed: needed, available: available)) }
  }

  /// The array as a tensor; Fortran order makes it a view, big-endian elements are put right.
  var tensor: LazyTensor? {
    let bytes =
      header.isBigEndian
      ? SwappedBytes(source, unitByteCount: header.dtype.swapUnitByteCount) : source
    return LazyTensor(
      dtype: header.dtype, shape: header.shape, storage: Storage(bytes), byteOffset: dataOffset,
      strides: header.strides)
  }
}

/// What is wrong with an array: its bytes, or the reading of them.
enum NumpyReadError: Error {
  case fault(NumpyFault)
  case file(FileError)

  /// The error with its place.
  func error(file: String, member: String?) -> FormatError {
    switch self {
    case .fault(let fault): FormatError(file: file, tensor: member, .numpy(fault))
    case .file(let error): FormatError(error, file: file)
    }
  }
}

/// The bytes of a source, one after the other.
private struct NumpyBytes {
  private let byteCount: Int
  private var cursor: any ByteCursor
  private(set) var offset = 0

  init(_ source: any ByteSource) throws(NumpyReadError) {
    byteCount = source.byteCount
    do { cursor = try source.makeCursor() } catch { throw .file(error) }
  }

  mutating func next(_ count: Int) throws(NumpyReadError) -> [UInt8] {
    guard count <= byteCount - offset else {
      throw .fault(.headerCut(needed: offset + count, available: byteCount))
    }
    var bytes = [UInt8](repeating: 0, count: count)
    var cursor = cursor
    let offset = offset
    do {
      try bytes.withMutableRawBytes { span throws(FileError) in
        try cursor.read(at: offset, into: &span)
      }
    } catch { throw .file(error) }
    self.cursor = cursor
    self.offset += count
    return bytes
  }
}
