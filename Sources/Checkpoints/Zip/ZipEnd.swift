internal import TensorStorage

/// What the end of a zip archive says of its directory, once classic and zip64 records agree.
struct ZipEnd {
  /// How many records the directory lists.
  let recordCount: Int
  /// Where the directory begins in the file.
  let directoryOffset: Int
  /// How many bytes the directory has.
  let directoryByteCount: Int
  /// Where the directory has to end: at the first of the end records.
  let directoryEnd: Int

  /// Finds and reads the end records of `file`.
  init(of file: RandomAccessFile) throws(FormatError) {
    // One read takes the longest comment and the three records before it.
    let wanted =
      Int(UInt16.max) + ZipSize.endRecord + ZipSize.zip64Locator + ZipSize.zip64EndRecord
    let start = max(0, file.byteCount - wanted)
    let tail: [UInt8]
    do { tail = try file.bytes(at: start, count: file.byteCount - start) } catch {
      throw FormatError(error, file: file.path)
    }
    let search = ZipEndSearch(file: file.path, tail: tail, start: start)
    let position = try search.endRecordPosition()
    let classic = search.endRecord(at: position)
    let fields = try search.zip64EndRecord(before: position, agreeing: classic) ?? classic.widened
    let end =
      search.hasLocator(before: position)
      ? position - ZipSize.zip64Locator - ZipSize.zip64EndRecord : position
    self = try Self.placed(fields, end: start + end, file: file)
    try search.checkLocator(before: position)
  }

  private init(recordCount: Int, directoryOffset: Int, directoryByteCount: Int, directoryEnd: Int) {
    self.recordCount = recordCount
    self.directoryOffset = directoryOffset
    self.directoryByteCount = directoryByteCount
    self.directoryEnd = directoryEnd
  }

  /// Checks that the directory lies inside the file and reaches the end records at `end`.
  private static func placed(
    _ fields: ZipEndFields, end: Int, file: RandomAccessFile
  ) throws(FormatError) -> ZipEnd {
    guard let offset = Int(exactly: fields.directoryOffset),
      let byteCount = Int(exactly: fields.directoryByteCount),
      let count = Int(exactly: fields.recordCount),
      offset <= end, byteCount <= end - offset
    else {
      throw FormatError(
        file: file.path, byteOffset: end,
        .zip(
          .directoryOutside(
            offset: fields.directoryOffset, byteCount: fields.directoryByteCount, end: end)))
    }
    let gap = end - offset - byteCount
    if gap > 0 { throw try ZipGap.fault(gap: gap, offset: offset, end: end, file: file) }
    guard byteCount <= ZipLimits.directoryByteCount else {
      throw FormatError(
        file: file.path, byteOffset: offset,
        .zip(.directoryTooLarge(byteCount: byteCount, limit: ZipLimits.directoryByteCount)))
    }
    guard count <= byteCount / ZipSize.centralHeader else {
      throw FormatError(
        file: file.path, byteOffset: offset,
        .zip(.countTooLarge(declared: count, directoryByteCount: byteCount)))
    }
    return ZipEnd(
      recordCount: count, directoryOffset: offset, directoryByteCount: byteCount, directoryEnd: end)
  }
}

/// The three numbers that an end record has to tell.
struct ZipEndFields {
  var recordCount: UInt64
  var directoryByteCount: UInt64
  var directoryOffset: UInt64
}

/// Tells why the directory, with its declared place and size, does not reach the end records.
enum ZipGap {
  /// The fault of `gap` bytes too many before `end`.
  static func fault(
    gap: Int, offset: Int, end: Int, file: RandomAccessFile
  ) throws(FormatError) -> FormatError {
    do {
      // Either all offsets count from an archive that begins later in the file, or the directory
      // stands where it is said to be and the gap is behind it.
      if try signature(at: offset + gap, of: file) != ZipSignature.centralHeader {
        return FormatError(
          file: file.path, byteOffset: end - gap, .zip(.strayBytes(count: gap)))
      }
      let previousEnd = gap - ZipSize.endRecord
      let isGlued =
        previousEnd >= 0
        ? try signature(at: previousEnd, of: file) == ZipSignature.endRecord : false
      return FormatError(
        file: file.path, byteOffset: gap,
        .zip(isGlued ? .gluedArchives(lastOffset: gap) : .prefixBytes(count: gap)))
    } catch { throw FormatError(error, file: file.path) }
  }

  private static func signature(
    at offset: Int, of file: RandomAccessFile
  ) throws(FileError) -> UInt32? {
    let bytes = try file.bytes(at: offset, count: min(4, file.byteCount - offset))
    var reader = ByteReader(bytes.rawBytes)
    return reader.integer(UInt32.self)
  }
}
