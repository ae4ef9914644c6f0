internal import TensorStorage

/// Every format that can be read, in the order in which they are tried.
enum FormatRegistry {
  /// How many of a file's first bytes decide its format.
  static let prefixByteCount = 4096

  /// The formats. A format is added by one line here.
  static let formats: [any CheckpointFormat.Type] = []
}
