package import TensorStorage

/// Every format that can be read, in the order in which they are tried.
package enum FormatRegistry {
  /// How many of a file's first bytes decide its format.
  package static let prefixByteCount = 4096

  /// The formats that are told by a file's first bytes, one a line.
  static let formats: [any CheckpointFormat.Type] = [
    SafetensorsFormat.self,
    NumpyFormat.self,
    TorchLegacyFormat.self,
    PickleFormat.self,
  ]

  /// The formats that are told by a zip archive's records, one a line.
  static let zippedFormats: [any ZippedFormat.Type] = [
    TorchZipFormat.self,
    NumpyArchiveFormat.self,
  ]

  /// Reads one file, whatever its name is: its first bytes decide.
  ///
  /// - Throws: The fault of the format they belong to, or the name of what the file is instead.
  package static func readFile(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    let prefix: [UInt8]
    do {
      prefix = try file.bytes(at: 0, count: min(prefixByteCount, file.byteCount))
    } catch { throw FormatError(error, file: file.path) }
    if ZipArchive.begins(prefix.rawBytes) { return try readArchive(file, options: options) }
    for format in formats where format.matches(prefix: prefix.rawBytes, file: file) {
      try format.checkSelection(options, file: file.path)
      return try format.read(file, options: options)
    }
    throw FormatError(file: file.path, .foreign(ForeignFormat.fault(prefix: prefix, of: file)))
  }

  private static func readArchive(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    let archive = try ZipArchive(file)
    for format in zippedFormats where format.matches(archive) {
      try format.checkSelection(options, file: file.path)
      return try format.read(archive, options: options)
    }
    throw FormatError(file: file.path, .foreign(ForeignFormat.fault(archive)))
  }
}
