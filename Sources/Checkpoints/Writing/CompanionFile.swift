internal import TensorStorage

/// A small file that goes with a checkpoint: the configuration of its model, the record of a surgery.
///
/// Beside a file `NAME.safetensors` it is `NAME.ligature.json`, in a directory `ligature.json`.
public struct CompanionFile: Sendable {
  /// What its name ends in: `ligature.json`.
  public var name: String
  /// What it holds.
  public var bytes: [UInt8]
  /// The file that its content was read from, which is never replaced; nil for none.
  public var sourcePath: String?

  /// A companion of that name.
  public init(name: String, bytes: [UInt8], sourcePath: String? = nil) {
    self.name = name
    self.bytes = bytes
    self.sourcePath = sourcePath
  }
}

extension CompanionFile {
  /// Whether the file at `path` has these bytes already, so that there is nothing to write.
  func isThere(_ path: String) -> Bool {
    guard let file = try? RandomAccessFile(path: path), file.byteCount == bytes.count,
      let found = try? file.bytes(at: 0, count: bytes.count)
    else { return false }
    return found == bytes
  }
}
