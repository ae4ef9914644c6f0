internal import ArgumentParser
internal import Checkpoints
internal import TensorStorage

/// What is changed on the way: the flags of `convert`.
struct ConversionFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Convert floating tensors, buffers excepted: f32, f16, bf16 or f64.", valueName: "dtype"),
    completion: .list(ArgumentWords.floatingDTypes),
    transform: ArgumentWords.floatingDType)
  var dtype: DType?

  @Option(
    help: ArgumentHelp(
      "A dtype for the tensors that match; '=keep' leaves them. Repeatable, the last match wins.",
      valueName: "glob=dtype"),
    transform: ArgumentWords.dtypeRule)
  var keep: [DTypeRule] = []

  @Flag(help: "Let finite values become infinite in a cast.")
  var allowOverflow = false

  @Option(
    help: ArgumentHelp("Shards of at most so many bytes, with an index: 5GB.", valueName: "size"),
    transform: ArgumentWords.byteCount)
  var shardSize: Int?

  @Option(
    help: ArgumentHelp("Only the tensors that match. Repeatable.", valueName: "glob"),
    transform: ArgumentWords.pattern)
  var include: [NamePattern] = []

  @Option(
    help: ArgumentHelp("Not the tensors that match. Repeatable.", valueName: "glob"),
    transform: ArgumentWords.pattern)
  var exclude: [NamePattern] = []

  @Flag(help: "Write sparse and nested tensors as what they are made of: indices, values, sizes.")
  var splitSparse = false

  @Option(
    help: ArgumentHelp("Change names: 's/RE/TEXT/'. Repeatable.", valueName: "rule"),
    transform: ArgumentWords.renameRule)
  var rename: [RenameRule] = []

  @Option(
    help: ArgumentHelp("Take a prefix off names: 'module.'. Repeatable.", valueName: "prefix"))
  var stripPrefix: [String] = []

  @Option(
    help: ArgumentHelp("An entry of the metadata. Repeatable.", valueName: "key=value"),
    transform: ArgumentWords.metadataEntry)
  var metadata: [(key: String, value: String)] = []

  @Option(
    help: ArgumentHelp(
      "Tensors that share bytes: keep, copy, meta or error (default: by the format).",
      valueName: "policy"), completion: .list(AliasPolicy.allCases.map(\.rawValue)),
    transform: ArgumentWords.aliasPolicy)
  var aliases: AliasPolicy?

  /// The same for the library.
  func options(_ destination: DestinationOptions, _ work: WorkOptions) -> ConversionOptions {
    var options = ConversionOptions()
    options.format = destination.format
    options.dtype = dtype
    options.keptDTypes = keep
    options.shardByteCount = shardSize
    options.includes = include
    options.excludes = exclude
    options.splitsSparse = splitSparse
    options.renames = rename
    options.strippedPrefixes = stripPrefix
    options.metadata = Dictionary(
      metadata.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    options.aliases = aliases
    options.allowsOverflow = allowOverflow
    options.overwrites = destination.force
    options.threadCount = work.threadCount
    if let memory = work.memory { options.memoryByteCount = memory }
    return options
  }
}
