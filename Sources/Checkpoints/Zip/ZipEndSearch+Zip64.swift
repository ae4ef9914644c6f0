internal import TensorStorage

extension ZipEndSearch {
  /// The zip64 end record, if a locator stands before the classic one at `position`.
  ///
  /// - Throws: If it is not there, or disagrees with the classic record, or either of them speaks of
  ///   several disks.
  func zip64EndRecord(
    before position: Int, agreeing classic: ZipClassicEnd
  ) throws(FormatError) -> ZipEndFields? {
    try checkDisks(classic, at: position)
    guard hasLocator(before: position) else { return nil }
    let recordPosition = position - ZipSize.zip64Locator - ZipSize.zip64EndRecord
    guard signature(at: recordPosition) == ZipSignature.zip64EndRecord else {
      throw error(at: position - ZipSize.zip64Locator, .zip64RecordMissing)
    }
    let fields = try zip64Fields(at: recordPosition)
    try compare(classic.recordCount, fields.recordCount, "the number of records", position)
    try compare(
      classic.directoryByteCount, fields.directoryByteCount, "the directory's size", position)
    try compare(
      classic.directoryOffset, fields.directoryOffset, "the directory's offset", position)
    return fields
  }

  private func checkDisks(_ classic: ZipClassicEnd, at position: Int) throws(FormatError) {
    // Writers that use zip64 may saturate these as well.
    let isOneDisk = [0, .max].contains(classic.disk) && [0, .max].contains(classic.directoryDisk)
    guard isOneDisk, classic.recordCountOnDisk == classic.recordCount else {
      throw error(at: position, .severalDisks)
    }
  }

  /// Checks that the locator before the end record at `position` points to the record it stands behind.
  ///
  /// Left until the directory's place is known, since a prefix moves both.
  func checkLocator(before position: Int) throws(FormatError) {
    guard hasLocator(before: position) else { return }
    let locator = position - ZipSize.zip64Locator
    var reader = ByteReader(tail.rawBytes)
    reader.seek(to: locator + 4)
    let disk: UInt32 = reader.integer() ?? 0
    let declared: UInt64 = reader.integer() ?? 0
    let diskCount: UInt32 = reader.integer() ?? 0
    guard disk == 0, diskCount <= 1 else { throw error(at: locator, .severalDisks) }
    let found = start + locator - ZipSize.zip64EndRecord
    guard declared == UInt64(found) else {
      throw error(at: locator, .zip64RecordMoved(declared: declared, found: found))
    }
  }

  private func zip64Fields(at position: Int) throws(FormatError) -> ZipEndFields {
    var reader = ByteReader(tail.rawBytes)
    reader.seek(to: position + 4)
    let byteCount: UInt64 = reader.integer() ?? 0
    // The size does not count itself and the signature; more would be bytes nobody reads.
    guard byteCount == UInt64(ZipSize.zip64EndRecord - 12) else {
      throw error(at: position, .zip64RecordSize(byteCount))
    }
    reader.skip(4)
    let disk: UInt32 = reader.integer() ?? 0
    let directoryDisk: UInt32 = reader.integer() ?? 0
    let countOnDisk: UInt64 = reader.integer() ?? 0
    let count: UInt64 = reader.integer() ?? 0
    guard disk == 0, directoryDisk == 0, countOnDisk == count else {
      throw error(at: position, .severalDisks)
    }
    return ZipEndFields(
      recordCount: count, directoryByteCount: reader.integer() ?? 0,
      directoryOffset: reader.integer() ?? 0)
  }

  private func compare<T: FixedWidthInteger & UnsignedInteger>(
    _ classic: T, _ zip64: UInt64, _ what: String, _ position: Int
  ) throws(FormatError) {
    guard classic != .max, UInt64(classic) != zip64 else { return }
    throw error(
      at: position, .zip64Disagrees(what: what, classic: UInt64(classic), zip64: zip64))
  }
}
