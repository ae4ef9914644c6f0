public import TensorStorage

/// A file format that checkpoints are read from.
public protocol CheckpointFormat: Sendable {
  /// Its identifier in listings, as `safetensors`.
  static var identifier: String { get }

  /// Whether its files hold dictionaries in dictionaries, of which one may be selected.
  static var hasDictionaries: Bool { get }

  /// Whether a file that begins with `prefix` is one of this format.
  ///
  /// The prefix is the file's first 4,096 bytes, or the whole file.
  static func matches(prefix: RawSpan, file: RandomAccessFile) -> Bool

  /// Reads the names, shapes and places of all tensors; no tensor's bytes.
  static func read(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> Checkpoint
}

extension CheckpointFormat {
  /// False: only pickles hold anything else than named tensors.
  public static var hasDictionaries: Bool { false }

  /// Refuses to take a part of a file that has none.
  static func checkSelection(_ options: ReadOptions, file: String) throws(FormatError) {
    guard !hasDictionaries, let path = options.selection, !path.isEmpty, path != "." else { return }
    throw FormatError(file: file, .torch(.nothingToSelect(path, format: identifier)))
  }
}

/// How a checkpoint is read.
public struct ReadOptions: Sendable {
  /// Which dictionary inside a training checkpoint: a dotted path, `.` for every tensor in the file, or
  /// nil to find the state dict.
  public var selection: String?
  /// Whether every tensor in the file is taken where several dictionaries may be the model; else that is refused.
  package var takesAllIfUndecided = false
  /// Whether duplicate names and control characters in names are accepted where the reference does.
  public var isLenient = false
  /// Whether pickles that name dangerous globals are read all the same (nothing is ever called).
  public var allowsDangerousGlobals = false

  /// The defaults.
  public init() {}
}
