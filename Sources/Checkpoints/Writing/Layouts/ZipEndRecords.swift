/// What follows a zip archive's directory (APPNOTE 6.3.10, sections 4.3.14 to 4.3.16).
struct ZipEndRecords: Sendable {
  /// Records of the archive.
  var recordCount: Int
  /// Where the directory begins, in bytes.
  var directoryOffset: Int
  /// Bytes of the directory.
  var directoryByteCount: Int
  /// The program's version, and the system in the upper byte.
  var madeBy: UInt16
  /// Whether the zip64 records come before the classic one, which then has what fits.
  var isZip64: Bool

  /// The first version that reads zip64.
  private static let versionNeeded: UInt16 = 45

  /// How many bytes there will be.
  var byteCount: Int {
    ZipSize.endRecord + (isZip64 ? ZipSize.zip64EndRecord + ZipSize.zip64Locator : 0)
  }

  /// The bytes.
  func append(to bytes: inout [UInt8]) {
    if isZip64 { appendZip64(to: &bytes) }
    bytes.append(littleEndian: ZipSignature.endRecord)
    bytes.append(littleEndian: UInt32(0))  // disks
    bytes.append(littleEndian: UInt16(clamping: recordCount))
    bytes.append(littleEndian: UInt16(clamping: recordCount))
    bytes.append(littleEndian: UInt32(clamping: directoryByteCount))
    bytes.append(littleEndian: UInt32(clamping: directoryOffset))
    bytes.append(littleEndian: UInt16(0))  // comment
  }

  private func appendZip64(to bytes: inout [UInt8]) {
    bytes.append(littleEndian: ZipSignature.zip64EndRecord)
    bytes.append(littleEndian: UInt64(ZipSize.zip64EndRecord - 12))
    bytes.append(littleEndian: madeBy)
    bytes.append(littleEndian: Self.versionNeeded)
    bytes.append(littleEndian: UInt64(0))  // disks
    bytes.append(littleEndian: UInt64(recordCount))
    bytes.append(littleEndian: UInt64(recordCount))
    bytes.append(littleEndian: UInt64(directoryByteCount))
    bytes.append(littleEndian: UInt64(directoryOffset))

    bytes.append(littleEndian: ZipSignature.zip64Locator)
    bytes.append(littleEndian: UInt32(0))  // disk
    bytes.append(littleEndian: UInt64(directoryOffset + directoryByteCount))
    bytes.append(littleEndian: UInt32(1))  // disks
  }
}
