public import TensorStorage

/// What a checkpoint is turned into: every choice of `convert`, with its default.
public struct ConversionOptions: Sendable {
  /// The format; nil to let the destination's suffix choose.
  public var format: OutputFormat?
  /// The dtype that floating tensors are converted to; nil to leave them.
  public var dtype: DType?
  /// Dtypes by name, stronger than `dtype` and than the exception for buffers; the last match wins.
  public var keptDTypes: [DTypeRule] = []
  /// The most bytes of tensors in a shard; nil for one file.
  public var shardByteCount: Int?
  /// Only the tensors that one of these matches; empty for all.
  public var includes: [NamePattern] = []
  /// Not the tensors that one of these matches.
  public var excludes: [NamePattern] = []
  /// Substitutions in names, applied in order after the prefixes are gone.
  public var renames: [RenameRule] = []
  /// Prefixes that names lose, each once, in order.
  public var strippedPrefixes: [String] = []
  /// Entries of `__metadata__` that are added to the source's, or replace them.
  public var metadata: [String: String] = [:]
  /// What becomes of tensors that share bytes; nil for the format's own way (`keep` for pt, `meta` for
  /// safetensors, `copy` for npz).
  public var aliases: AliasPolicy?
  /// Whether sparse and nested tensors are written as their parts, rather than refused.
  public var splitsSparse = false
  /// Whether finite values may become infinite in a cast.
  public var allowsOverflow = false
  /// Files that the output was made from besides the checkpoint's own; they are never replaced.
  package var otherSources: [String] = []
  /// Small files that are written with the tensors.
  public var companions: [CompanionFile] = []
  /// Whether safetensors data are placed so that they can share blocks of the disk with a safetensors source,
  /// rather than as the reference writer places them.
  package var alignsDataToSource = false
  /// Whether existing files are replaced.
  public var overwrites = false
  /// The most bytes of buffers that the writing may hold.
  public var memoryByteCount = ConversionOptions.defaultMemoryByteCount
  /// How many threads read, convert and write; nil for one per processor.
  public var threadCount: Int?

  /// Small enough for a container of half a gigabyte, and more than enough to keep the disk busy.
  public static let defaultMemoryByteCount = 128_000_000

  /// Files outside of the output that hold some of its tensors; safetensors directories only.
  package var pool = TensorPool()

  /// The defaults.
  public init() {}
}
