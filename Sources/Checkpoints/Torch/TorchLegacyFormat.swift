package import TensorStorage

/// What `torch.save` wrote before torch 1.6: stacked pickles with their storages behind them.
/// (`torch/serialization.py`, `_legacy_save` and `_legacy_load`.)
package enum TorchLegacyFormat: CheckpointFormat {
  package static let identifier = "pt-legacy"
  package static let hasDictionaries = true

  package static func matches(prefix: RawSpan, file: RandomAccessFile) -> Bool {
    LegacyStream.begins(prefix)
  }

  package static func read(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    let reading = TorchReading(file: file, options: options)
    let stream = try LegacyStream(
      FileRange(file: file, byteOffset: 0, byteCount: file.byteCount), reading: reading)
    var checkpoint = TorchCheckpoint(
      document: stream.document, format: identifier, file: file, options: options)
    if stream.trailingByteCount > 0 {
      checkpoint.notes.append(
        "\(stream.trailingByteCount) bytes follow the last storage, and are not read")
    }
    return try checkpoint.read()
  }
}
