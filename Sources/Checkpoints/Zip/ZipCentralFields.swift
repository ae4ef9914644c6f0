internal import TensorStorage

/// The fields of a directory entry as they stand in the file.
struct ZipCentralFields {
  /// The system whose attributes the entry has.
  var system: UInt8
  var flags: UInt16
  var method: UInt16
  var crc32: UInt32
  var compressedByteCount: UInt32
  var byteCount: UInt32
  var nameByteCount: Int
  var extraByteCount: Int
  var commentByteCount: Int
  var disk: UInt16
  var externalAttributes: UInt32
  var headerOffset: UInt32

  /// The next entry of `reader`; nil if there is none, or not all of it.
  init?(_ reader: inout ByteReader) {
    guard reader.remainingCount >= ZipSize.centralHeader,
      reader.integer(UInt32.self) == ZipSignature.centralHeader
    else { return nil }
    // The versions of zip that made it and are needed: writers put anything there.
    reader.skip(1)
    system = reader.byte() ?? 0
    reader.skip(2)
    flags = reader.integer() ?? 0
    method = reader.integer() ?? 0
    reader.skip(4)  // Time and date.
    crc32 = reader.integer() ?? 0
    compressedByteCount = reader.integer() ?? 0
    byteCount = reader.integer() ?? 0
    nameByteCount = Int(reader.integer(UInt16.self) ?? 0)
    extraByteCount = Int(reader.integer(UInt16.self) ?? 0)
    commentByteCount = Int(reader.integer(UInt16.self) ?? 0)
    disk = reader.integer() ?? 0
    reader.skip(2)  // Whether the record is thought to be text.
    externalAttributes = reader.integer() ?? 0
    headerOffset = reader.integer() ?? 0
  }

  /// The entry with its zip64 fields in place.
  func header(
    name: RawSpan, extra: RawSpan, at directoryOffset: Int
  ) throws(ZipFault) -> ZipCentralHeader {
    let name = ZipName.text(of: name)
    let wide = try ZipExtra.widened(self, extra: extra, record: name)
    let header = ZipCentralHeader(
      name: name, flags: flags, method: method, crc32: crc32,
      compressedByteCount: wide.compressedByteCount, byteCount: wide.byteCount,
      headerOffset: wide.headerOffset, directoryOffset: directoryOffset)
    guard disk == 0 || disk == .max else { throw .severalDisks }
    try header.checkName()
    try header.checkEncoding()
    try header.checkSizes()
    try header.checkDirectory(attributes: externalAttributes)
    try header.checkLink(system: system, attributes: externalAttributes)
    return header
  }
}

/// The names of records.
enum ZipName {
  /// The name as text: UTF-8, whatever bit 11 says, since most writers mean it; else Latin-1, which
  /// keeps different names different.
  static func text(of bytes: RawSpan) -> String {
    if let text = String(validating: bytes) { return text }
    var text = ""
    for byte in [UInt8](bytes) { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
  }
}

extension ZipCentralHeader {
  /// The attribute by which DOS marks a folder; torch's reader gives such a record no bytes at all.
  private static let dosDirectory: UInt32 = 0x10

  fileprivate func checkName() throws(ZipFault) {
    if name.isEmpty { throw .emptyName }
    if name.utf8.contains(0) { throw .nulInName(name) }
  }

  fileprivate func checkEncoding() throws(ZipFault) {
    if flags & (ZipFlag.encrypted | ZipFlag.strongEncryption | ZipFlag.maskedHeader) != 0 {
      throw .encrypted(name)
    }
    if flags & ~ZipFlag.known != 0 { throw .unknownFlags(record: name, flags: flags) }
    if ZipRecord.Method(rawValue: method) == nil { throw .method(record: name, method: method) }
  }

  fileprivate func checkSizes() throws(ZipFault) {
    let isStored = ZipRecord.Method(rawValue: method) == .stored
    let isPossible =
      isStored
      ? compressedByteCount == byteCount
      : byteCount / ZipLimits.deflateExpansion <= compressedByteCount
    guard isPossible else {
      throw .impossibleSizes(
        record: name, isStored: isStored, compressedByteCount: compressedByteCount,
        byteCount: byteCount)
    }
  }

  fileprivate func checkDirectory(attributes: UInt32) throws(ZipFault) {
    let isFolder = name.utf8.last == UInt8(ascii: "/")
    if isFolder, byteCount > 0 { throw .folderWithBytes(record: name, byteCount: byteCount) }
    if !isFolder, attributes & Self.dosDirectory != 0 { throw .folderAttribute(name) }
  }

  /// A symbolic link holds a path, which must not be taken for the bytes of a storage.
  fileprivate func checkLink(system: UInt8, attributes: UInt32) throws(ZipFault) {
    let isLink = system == Self.unix && attributes >> 16 & Self.unixType == Self.unixLink
    if isLink { throw .symbolicLink(name) }
  }

  /// The system of which Unix's modes stand in the upper half of the attributes (APPNOTE, section 4.4.2).
  private static let unix: UInt8 = 3
  private static let unixType: UInt32 = 0o170000
  private static let unixLink: UInt32 = 0o120000
}

extension ZipRecord.Method {
  /// The method of that number (APPNOTE 6.3.10, section 4.4.5); nil if it is not read here.
  init?(rawValue: UInt16) {
    switch rawValue {
    case 0: self = .stored
    case 8: self = .deflated
    default: return nil
    }
  }
}
