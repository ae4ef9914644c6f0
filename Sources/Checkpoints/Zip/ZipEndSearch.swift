internal import TensorStorage

/// Looks for the end records in the last bytes of a file; positions count from the first of them.
struct ZipEndSearch {
  /// The file's path.
  let file: String
  /// The file's last bytes.
  let tail: [UInt8]
  /// Where they begin in the file.
  let start: Int

  /// The classic end record: the one that, with its comment, reaches the file's end.
  ///
  /// An archive inside the last record has one too; it does not reach the end.
  func endRecordPosition() throws(FormatError) -> Int {
    let candidates = positions(of: ZipSignature.endRecord, needed: ZipSize.endRecord)
    let reaching = candidates.filter { end(of: $0) == tail.count }
    guard let position = reaching.first else { throw missing(candidates) }
    // A second one, in the comment or around it: readers differ in which they take.
    if let other = candidates.last, other != position {
      throw error(at: other, .twoEndRecords(first: start + position, second: start + other))
    }
    return position
  }

  /// Why no end record reaches the file's end.
  private func missing(_ candidates: [Int]) -> FormatError {
    let byteCount = start + tail.count
    guard let last = candidates.last(where: beginsAtFirstByte) else {
      return error(at: nil, .noEndRecord(fileByteCount: byteCount))
    }
    let rest = tail.count - end(of: last)
    if rest > 0 { return error(at: end(of: last), .bytesAfterEnd(count: rest)) }
    return error(at: last, .noEndRecord(fileByteCount: byteCount))
  }

  /// Whether the end record at `position` is that of an archive that begins with the file.
  private func beginsAtFirstByte(_ position: Int) -> Bool {
    let record = endRecord(at: position)
    let distance = UInt64(record.directoryOffset) + UInt64(record.directoryByteCount)
    let extra = hasLocator(before: position) ? ZipSize.zip64Locator + ZipSize.zip64EndRecord : 0
    return record.isSaturated || distance + UInt64(extra) == UInt64(start + position)
  }

  /// The classic end record at `position`, where its signature was found.
  func endRecord(at position: Int) -> ZipClassicEnd {
    var reader = ByteReader(tail.rawBytes)
    reader.seek(to: position + 4)
    return ZipClassicEnd(&reader)
  }

  /// Whether a zip64 locator stands right before the end record at `position`.
  func hasLocator(before position: Int) -> Bool {
    signature(at: position - ZipSize.zip64Locator) == ZipSignature.zip64Locator
  }

  /// The first position behind the end record at `position` and its comment.
  private func end(of position: Int) -> Int {
    position + ZipSize.endRecord + endRecord(at: position).commentByteCount
  }

  private func positions(of signature: UInt32, needed: Int) -> [Int] {
    let last = tail.count - needed
    let first = max(0, last - Int(UInt16.max))
    guard first <= last else { return [] }
    return (first...last).filter { tail[$0] == 0x50 && self.signature(at: $0) == signature }
  }

  func signature(at position: Int) -> UInt32? {
    var reader = ByteReader(tail.rawBytes)
    guard reader.seek(to: position) else { return nil }
    return reader.integer(UInt32.self)
  }

  func error(at position: Int?, _ fault: ZipFault) -> FormatError {
    FormatError(file: file, byteOffset: position.map { start + $0 }, .zip(fault))
  }
}

/// The classic end record; what does not fit into a field is saturated.
struct ZipClassicEnd {
  var disk: UInt16
  var directoryDisk: UInt16
  var recordCountOnDisk: UInt16
  var recordCount: UInt16
  var directoryByteCount: UInt32
  var directoryOffset: UInt32
  var commentByteCount: Int

  /// Reads the record behind its signature; the search has found room for it.
  init(_ reader: inout ByteReader) {
    disk = reader.integer() ?? 0
    directoryDisk = reader.integer() ?? 0
    recordCountOnDisk = reader.integer() ?? 0
    recordCount = reader.integer() ?? 0
    directoryByteCount = reader.integer() ?? 0
    directoryOffset = reader.integer() ?? 0
    commentByteCount = Int(reader.integer(UInt16.self) ?? 0)
  }

  /// Whether some field sends the reader to the zip64 record.
  var isSaturated: Bool {
    recordCount == .max || directoryByteCount == .max || directoryOffset == .max
  }

  /// The numbers in the width of the zip64 record.
  var widened: ZipEndFields {
    ZipEndFields(
      recordCount: UInt64(recordCount), directoryByteCount: UInt64(directoryByteCount),
      directoryOffset: UInt64(directoryOffset))
  }
}
