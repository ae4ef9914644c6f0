package import TensorStorage

/// A zip archive whose every byte is accounted for.
///
/// Opening reads the directory and all local headers, and refuses an archive that two readers could
/// understand differently: headers must agree with the directory, records must follow each other
/// without gap or overlap from the file's first byte to the directory, and the directory must reach the
/// end record. So a record's place is known, and there is nothing in the file that is not a record.
/// What torch's writer leaves out or gets wrong (checksums, zip64 fields of local headers) is allowed.
package struct ZipArchive: Sendable {
  /// The file it is in.
  package let file: RandomAccessFile
  /// The records, in the directory's order.
  package let records: [ZipRecord]

  private let names: ZipNames

  /// Opens the archive that is the whole of `file`.
  package init(_ file: RandomAccessFile) throws(FormatError) {
    let end = try ZipEnd(of: file)
    let headers = try ZipDirectory.read(end, of: file)
    names = try ZipNames(headers, file: file)
    records = try ZipLayout.records(of: headers, before: end.directoryOffset, in: file)
    self.file = file
  }

  /// The record of exactly that name.
  package func record(named name: String) -> ZipRecord? {
    names.position(of: name).map { records[$0] }
  }

  /// The bytes of `record`: a range of the file, or a stream to be inflated.
  package func source(of record: ZipRecord) -> any ByteSource {
    switch record.method {
    case .stored:
      FileRange(file: file, byteOffset: record.dataOffset, byteCount: record.byteCount)
    case .deflated:
      InflatedBytes(file: file, record: record)
    }
  }
}

extension ZipArchive {
  /// The bytes of a record that is small enough for memory, its checksum compared.
  ///
  /// - Parameters:
  ///   - record: A record of this archive.
  ///   - limit: How many bytes it may have.
  /// - Returns: All of its bytes.
  /// - Throws: If it is too large, expands as only a bomb does, or is damaged.
  package func contents(of record: ZipRecord, limit: Int) throws(FormatError) -> [UInt8] {
    try checkExpansion(of: record, limit: limit)
    var bytes = [UInt8](repeating: 0, count: record.byteCount)
    do {
      try bytes.withMutableRawBytes { span throws(FileError) in
        var cursor = try source(of: record).makeCursor()
        try cursor.read(at: 0, into: &span)
      }
    } catch { throw FormatError(error, file: file.path) }
    if record.method == .stored, let expected = record.crc32 {
      var crc = CRC32()
      crc.update(bytes.rawBytes)
      if crc.value != expected { throw FormatError(damage(of: record), file: file.path) }
    }
    return bytes
  }

  /// Reads `record` to its end and compares its checksum, if it has one.
  package func verify(_ record: ZipRecord) throws(FormatError) {
    do throws(FileError) {
      let crc = try checksum(of: record)
      guard let expected = record.crc32, expected != crc else { return }
      throw damage(of: record)
    } catch { throw FormatError(error, file: file.path) }
  }

  private func checksum(of record: ZipRecord) throws(FileError) -> UInt32 {
    var crc = CRC32()
    var cursor = try source(of: record).makeCursor()
    var buffer = TensorBytes(byteCount: min(1 << 20, record.byteCount))
    var offset = 0
    repeat {
      let count = min(buffer.byteCount, record.byteCount - offset)
      var part = buffer.mutableBytes(0..<count)
      try cursor.read(at: offset, into: &part)
      crc.update(part.bytes)
      offset += count
    } while offset < record.byteCount
    return crc.value
  }

  private func damage(of record: ZipRecord) -> FileError {
    .damaged(
      file: file.path, part: "record '\(record.name)'",
      reason: "its CRC-32 is not the one the archive recorded; download or copy the file again")
  }

  private func checkExpansion(of record: ZipRecord, limit: Int) throws(FormatError) {
    if record.byteCount > limit {
      throw FormatError(
        file: file.path, byteOffset: record.dataOffset,
        .zip(.recordTooLarge(record: record.name, byteCount: record.byteCount, limit: limit)))
    }
    guard record.byteCount > ZipLimits.freeExpansionByteCount,
      record.byteCount / ZipLimits.expansion > record.compressedByteCount
    else { return }
    throw FormatError(
      file: file.path, byteOffset: record.dataOffset,
      .zip(
        .bomb(
          record: record.name, compressedByteCount: record.compressedByteCount,
          byteCount: record.byteCount)))
  }
}

extension ZipArchive {
  /// Whether a file that begins with `prefix` is a zip archive: with a record, or with its end.
  ///
  /// A safetensors file whose header has 0x04034B50 bytes begins so too; there, what would be the
  /// version, the flags and the method of a record are zeros and the header's first character.
  package static func begins(_ prefix: RawSpan) -> Bool {
    var reader = ByteReader(prefix)
    guard let signature: UInt32 = reader.integer() else { return false }
    if signature == ZipSignature.endRecord { return true }
    guard signature == ZipSignature.localHeader else { return false }
    guard reader.integer(UInt32.self) == 0, let first = reader.peeked else { return true }
    return ![UInt8(ascii: "{"), 0x20, 0x09, 0x0A, 0x0D].contains(first)
  }
}
