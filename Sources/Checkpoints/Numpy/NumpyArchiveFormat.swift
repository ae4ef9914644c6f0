internal import TensorStorage

/// Several arrays in a zip archive, as `numpy.savez` writes them.
package enum NumpyArchiveFormat: ZippedFormat {
  /// What listings call it.
  package static let identifier = "npz"

  private static let suffix = Array(".npy".utf8)

  /// Whether some record is named like an array, or the first begins like one.
  package static func matches(_ archive: ZipArchive) -> Bool {
    archive.records.contains { isArray($0.name) }
      || archive.records.first.map { beginsAsArray($0, in: archive) } == true
  }

  /// Reads the headers of all arrays; no array's elements.
  package static func read(
    _ archive: ZipArchive, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    var checkpoint = Checkpoint(
      source: CheckpointSource(format: identifier, files: [archive.file.path]))
    checkpoint.reserveCapacity(archive.records.count)
    for record in archive.records where !record.isDirectory {
      guard isArray(record.name) || beginsAsArray(record, in: archive) else {
        checkpoint.source.otherValues.append("\(record.name): \(record.byteCount) bytes")
        checkpoint.source.notes.append(
          "record '\(escaped(record.name))' is not an array and was left out.")
        continue
      }
      try append(record, of: archive, to: &checkpoint)
    }
    return checkpoint
  }

  private static func append(
    _ record: ZipRecord, of archive: ZipArchive, to checkpoint: inout Checkpoint
  ) throws(FormatError) {
    let name = TensorName(tensorName(of: record.name))
    let array: NumpyArray
    do { array = try NumpyArray(archive.source(of: record)) } catch {
      guard case .fault(let fault) = error, fault.isOfElements else {
        throw error.error(file: archive.file.path, member: record.name)
      }
      let unreadable = error.error(file: archive.file.path, member: name.text)
      checkpoint.source.unreadable.append((name, unreadable))
      return checkpoint.source.notes.append("'\(escaped(name.text))' \(fault.sentence)")
    }
    guard let tensor = array.tensor else {
      throw FormatError(
        file: archive.file.path, tensor: record.name, .numpy(.sizeOverflow(array.header.shape)))
    }
    guard checkpoint.append(Checkpoint.Entry(name: name, tensor: tensor)) else {
      throw FormatError(file: archive.file.path, tensor: record.name, .numpy(.nameTwice(name.text)))
    }
  }

  private static func isArray(_ name: String) -> Bool {
    name.utf8.reversed().starts(with: suffix.reversed())
  }

  /// numpy looks at the first bytes of a record that is not named like an array.
  private static func beginsAsArray(_ record: ZipRecord, in archive: ZipArchive) -> Bool {
    var start = [UInt8](repeating: 0, count: min(record.byteCount, NumpyHeader.magic.count))
    do {
      try start.withMutableRawBytes { span throws(FileError) in
        var cursor = try archive.source(of: record).makeCursor()
        try cursor.read(at: 0, into: &span)
      }
    } catch { return false }
    return start == NumpyHeader.magic
  }

  /// The record's name without `.npy`.
  private static func tensorName(of record: String) -> String {
    isArray(record)
      ? String(decoding: record.utf8.dropLast(suffix.count), as: UTF8.self) : record
  }
}
