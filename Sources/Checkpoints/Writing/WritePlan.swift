public import TensorStorage

/// What will be written, to the last byte's place, before any byte is.
///
/// A value: it can be shown, asserted on, and carried out. No tensor has been read to make it.
public struct WritePlan: Sendable {
  /// The format of the output.
  public let format: OutputFormat
  /// The files, in the order in which they become visible: an index comes last.
  public let files: [PlannedFile]
  /// What happens to each tensor of the source, in the source's order.
  public let tensors: [PlannedTensor]
  /// Files that would be taken for a part of the output, and are removed after it has appeared.
  public let removedFiles: [String]
  /// Sentences for the user: what was decided without being asked.
  public let remarks: [String]
  /// Bytes that will be read from the source's files, decompressed.
  public let readByteCount: Int
  /// Free bytes on the destination's disk when the plan was made; nil if the system did not say.
  public let freeDiskByteCount: Int?
  /// The directories that are made for the files; none for an output of one file.
  let directories: [String]
  /// Whether existing files are replaced.
  let overwrites: Bool
  /// Whether finite values may become infinite.
  let allowsOverflow: Bool
  /// How the buffers are divided among the threads.
  let budget: WriteBudget

  /// The most bytes of buffers that will be held at once, all threads together.
  public var peakMemoryByteCount: Int { budget.byteCount }

  /// The file that errors of the whole are told of: the first that holds tensors.
  public var mainPath: String { files.first { !$0.isCompanion }?.path ?? "" }

  /// Refuses files for which there is no directory and none will be made.
  package func requireDirectory() throws(FileError) {
    guard directories.isEmpty else { return }
    for file in files where !FileSystem.hasDirectory(file.path) {
      throw .noDirectory(file: file.path)
    }
  }

  /// How many threads will work.
  public var threadCount: Int { budget.threadCount }

  /// Bytes that will be written, which is also the room that the disk must have.
  public var writtenByteCount: Int {
    files.reduce(0) { $0 + ($1.link == nil ? $1.byteCount : 0) }
  }
}

/// One file of a plan.
public struct PlannedFile: Sendable {
  /// Where it will be.
  public let path: String
  /// Its exact length.
  public let byteCount: Int
  /// Whether it holds no tensors and goes with the files that do.
  public let isCompanion: Bool
  /// What it consists of, from its first byte to its last without a gap.
  package let segments: [FileSegment]
  /// What it is another name of; nil for a file with bytes of its own.
  public var link: FileLink?
  /// Whether it is a file of a pool, under a name in this directory.
  package var isPooled = false
}

/// What happens to one tensor.
public struct PlannedTensor: Sendable {
  /// Its name in the source.
  public internal(set) var sourceName: TensorName
  /// Its name in the output; nil if it is dropped.
  public internal(set) var name: TensorName?
  /// What is done.
  public internal(set) var action: TensorAction
  /// The dtype it has in the source.
  public let sourceDType: DType
  /// The dtype it has in the output.
  public let dtype: DType
  /// Its extents.
  public let shape: [Int]
  /// Bytes that it adds to the output; 0 for an alias.
  public let byteCount: Int
  /// The file that holds it, as a position in the plan's files.
  public internal(set) var file: Int?
  /// What a reader of the output will find under its name; nil if it is dropped or only noted.
  package let content: LazyTensor?

  /// Whether it gets another name.
  public var isRenamed: Bool { name.map { $0 != sourceName } ?? false }
}

/// What is done with a tensor's bytes.
public enum TensorAction: Equatable, Sendable {
  /// They are copied as they are.
  case copy
  /// A transposed, sliced or otherwise scattered view is packed.
  case gather
  /// The values are converted to another dtype.
  case cast
  /// Rows of other tensors are copied, one after the other.
  case rows
  /// The values are computed.
  case compute(formula: String)
  /// None are written: the tensor shares those of another one, by its name in the output.
  case alias(of: TensorName)
  /// None are written: they stand in a file of another part of the output, which the index names.
  case pooled(file: String)
  /// It is left out, for that reason.
  case drop(reason: String)
}
