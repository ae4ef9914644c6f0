package import TensorStorage

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
  /// A file that it is a copy of, where that is too large to be held; `bytes` are none then.
  private var original: RandomAccessFile?

  /// A companion of that name.
  public init(name: String, bytes: [UInt8], sourcePath: String? = nil) {
    self.name = name
    self.bytes = bytes
    self.sourcePath = sourcePath
  }

  /// A copy of `file`.
  package init(name: String, copying file: RandomAccessFile) {
    self.init(name: name, bytes: [], sourcePath: file.path)
    original = file
  }

  /// Adds its content to the segments of the file that it becomes.
  func append(to segments: inout SegmentList) throws(PlanFault) {
    guard let original else { return try segments.append(bytes) }
    try segments.appendBytes(
      of: FileRange(file: original, byteOffset: 0, byteCount: original.byteCount))
  }
}

extension CompanionFile {
  /// Whether the file at `path` has these bytes already, so that there is nothing to write.
  func isThere(_ path: String) -> Bool {
    guard original == nil, let file = try? RandomAccessFile(path: path),
      file.byteCount == bytes.count,
      let found = try? file.bytes(at: 0, count: bytes.count)
    else { return false }
    return found == bytes
  }
}

extension SegmentList {
  /// Adds bytes of a file as they are; they are read when they are written.
  mutating func appendBytes(of range: FileRange) throws(PlanFault) {
    let shape = [range.byteCount]
    guard let content = LazyTensor(dtype: .u8, shape: shape, storage: Storage(range)) else {
      throw .outputTooLarge
    }
    try append(content, owner: nil)
  }
}
