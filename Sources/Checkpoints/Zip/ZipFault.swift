/// Faults of the zip container.
public enum ZipFault: FormatFault {
  // The end of the archive.

  /// A zip archive's beginning without its end.
  case noEndRecord(fileByteCount: Int)
  /// Bytes behind the end of the archive.
  case bytesAfterEnd(count: Int)
  /// Two end records, of which readers choose differently.
  case twoEndRecords(first: Int, second: Int)
  /// Parts of the archive are said to be in other files.
  case severalDisks
  /// A zip64 locator that stands behind no zip64 record.
  case zip64RecordMissing
  /// A zip64 locator that points elsewhere than to the record before it.
  case zip64RecordMoved(declared: UInt64, found: Int)
  /// A zip64 end record of another size than the one there is.
  case zip64RecordSize(UInt64)
  /// The classic and the zip64 end record tell different numbers.
  case zip64Disagrees(what: String, classic: UInt64, zip64: UInt64)
  /// A directory that does not fit between the file's start and the end records.
  case directoryOutside(offset: UInt64, byteCount: UInt64, end: Int)
  /// Several archives one behind the other.
  case gluedArchives(lastOffset: Int)
  /// Bytes in front of the archive.
  case prefixBytes(count: Int)

  // The directory.

  /// A directory that takes more memory than any checkpoint needs.
  case directoryTooLarge(byteCount: Int, limit: Int)
  /// More records declared than the directory has room for.
  case countTooLarge(declared: Int, directoryByteCount: Int)
  /// More records listed than declared.
  case countTooSmall(declared: Int)
  /// An entry that is none, or that the directory ends within.
  case directoryCut(record: Int, count: Int)
  /// A record without a name.
  case emptyName
  /// A name in which some readers see an end that is not there.
  case nulInName(String)
  /// A name that is listed twice.
  case duplicateName(String)
  /// Two names that differ in ASCII case only.
  case caseTwins(String, String)

  // A record.

  /// A record that needs a password.
  case encrypted(String)
  /// Flag bits that change the meaning of a record in ways that are not known here.
  case unknownFlags(record: String, flags: UInt16)
  /// A compression method other than stored and deflated.
  case method(record: String, method: UInt16)
  /// Sizes that the record's method cannot have.
  case impossibleSizes(
    record: String, isStored: Bool, compressedByteCount: Int, byteCount: Int)
  /// A folder that has content.
  case folderWithBytes(record: String, byteCount: Int)
  /// A record that is marked as a folder and is not named as one.
  case folderAttribute(String)
  /// A record that is a symbolic link.
  case symbolicLink(String)
  /// Extra fields that end within one of them.
  case extraField(record: String)
  /// A zip64 field that lacks a number, repeats one falsely, or is there twice.
  case zip64Extra(record: String)

  // The local headers.

  /// No local header where the directory says there is one.
  case noLocalHeader(String)
  /// A local header with another name.
  case nameDiffers(record: String, local: String)
  /// A local header with another method.
  case methodDiffers(record: String, local: UInt16, directory: UInt16)
  /// A local header with other flags.
  case flagsDiffer(record: String, local: UInt16, directory: UInt16)
  /// A local header with another size.
  case sizeDiffers(record: String, local: UInt64, directory: Int)
  /// A local header with another checksum.
  case checksumDiffers(String)
  /// A descriptor behind the data that tells other sizes or another checksum.
  case descriptorDiffers(String)
  /// A record that reaches into the next or into the directory.
  case overlap(String, String)
  /// A record that begins or ends behind the start of the directory.
  case recordOutside(String, offset: Int)
  /// A record that the directory does not list.
  case hiddenRecord(String)
  /// Bytes that belong to nothing.
  case strayBytes(count: Int)

  // Reading.

  /// A record that has to be read into memory and is too large for it.
  case recordTooLarge(record: String, byteCount: Int, limit: Int)
  /// A record that has to be read into memory and grows as only a bomb does.
  case bomb(record: String, compressedByteCount: Int, byteCount: Int)
}
