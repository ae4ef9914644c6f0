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
  ///
  /// Reading all of them compares the checksum, if there is one.
  package func source(of record: ZipRecord) -> any ByteSource {
    switch record.method {
    case .stored:
      if let expected = record.crc32 {
        CheckedBytes(record, expected: expected, in: file)
      } else {
        FileRange(file: file, byteOffset: record.dataOffset, byteCount: record.byteCount)
      }
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
    return bytes
  }

  /// Reads `record` to its end, and so compares its checksum, if it has one.
  package func verify(_ record: ZipRecord) throws(FormatError) {
    do throws(FileError) {
      var cursor = try source(of: record).makeCursor()
      var buffer = TensorBytes(byteCount: min(1 << 20, record.byteCount))
      var offset = 0
      repeat {
        var part = buffer.mutableBytes(0..<min(buffer.byteCount, record.byteCount - offset))
        try cursor.read(at: offset, into: &part)
        offset += part.byteCount
      } while offset < record.byteCount
    } catch { throw FormatError(error, file: file.path) }
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
