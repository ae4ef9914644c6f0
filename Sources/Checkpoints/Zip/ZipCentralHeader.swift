internal import TensorStorage

/// One entry of a zip archive's directory, its zip64 fields put in place.
struct ZipCentralHeader {
  /// The record's name; Latin-1 where it is not UTF-8.
  var name: String
  var flags: UInt16
  var method: UInt16
  var crc32: UInt32
  var compressedByteCount: Int
  var byteCount: Int
  /// Where the record's local header begins in the file.
  var headerOffset: Int
  /// Where this entry begins in the file.
  var directoryOffset: Int

  /// Whether sizes and checksum follow the data, because they were not known before it.
  var hasDescriptor: Bool { flags & ZipFlag.dataDescriptor != 0 }
}

/// Reads the entries of a directory.
///
/// What it must get right, in order: no entry is read beyond the directory; sizes and offsets come from
/// one place only; what this house cannot read is refused by name.
struct ZipDirectory: ~Escapable {
  private var reader: ByteReader
  private let file: String
  private let offset: Int

  /// All entries of the directory that `end` describes.
  static func read(
    _ end: ZipEnd, of file: RandomAccessFile
  ) throws(FormatError) -> [ZipCentralHeader] {
    let bytes: [UInt8]
    do { bytes = try file.bytes(at: end.directoryOffset, count: end.directoryByteCount) } catch {
      throw FormatError(error, file: file.path)
    }
    var directory = ZipDirectory(bytes.rawBytes, file: file.path, offset: end.directoryOffset)
    return try directory.headers(count: end.recordCount)
  }

  @_lifetime(copy bytes)
  private init(_ bytes: RawSpan, file: String, offset: Int) {
    reader = ByteReader(bytes)
    self.file = file
    self.offset = offset
  }

  @_lifetime(self: copy self)
  private mutating func headers(count: Int) throws(FormatError) -> [ZipCentralHeader] {
    var headers: [ZipCentralHeader] = []
    headers.reserveCapacity(count)
    for _ in 0..<count { headers.append(try header(position: headers.count, count: count)) }
    guard reader.isAtEnd else {
      let rest = reader.remainingCount
      let isEntry = reader.integer(UInt32.self) == ZipSignature.centralHeader
      throw FormatError(
        file: file, byteOffset: offset + reader.offset,
        .zip(isEntry ? .countTooSmall(declared: count) : .strayBytes(count: rest)))
    }
    return headers
  }

  @_lifetime(self: copy self)
  private mutating func header(position: Int, count: Int) throws(FormatError) -> ZipCentralHeader {
    let start = offset + reader.offset
    guard let fixed = ZipCentralFields(&reader), let name = reader.span(fixed.nameByteCount),
      let extra = reader.span(fixed.extraByteCount), reader.skip(fixed.commentByteCount)
    else {
      throw FormatError(
        file: file, byteOffset: start, .zip(.directoryCut(record: position, count: count)))
    }
    do throws(ZipFault) {
      return try fixed.header(name: name, extra: extra, at: start)
    } catch { throw FormatError(file: file, byteOffset: start, .zip(error)) }
  }
}
