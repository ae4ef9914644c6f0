package import TensorStorage

/// A format whose files are zip archives, told from each other by their records.
///
/// The archive is opened, and so verified, once; each zipped format then looks at its records.
package protocol ZippedFormat: CheckpointFormat {
  /// Whether the records of `archive` are those of this format.
  static func matches(_ archive: ZipArchive) -> Bool

  /// Reads the names, shapes and places of all tensors; no tensor's bytes.
  static func read(_ archive: ZipArchive, options: ReadOptions) throws(FormatError) -> Checkpoint
}

extension ZippedFormat {
  /// Whether the file is a zip archive with the records of this format.
  public static func matches(prefix: RawSpan, file: RandomAccessFile) -> Bool {
    guard ZipArchive.begins(prefix), let archive = try? ZipArchive(file) else { return false }
    return matches(archive)
  }

  /// Opens the archive and reads it.
  public static func read(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    try read(try ZipArchive(file), options: options)
  }
}
