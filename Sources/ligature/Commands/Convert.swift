internal import ArgumentParser
internal import Checkpoints
internal import TransformerGraph

/// `ligature convert`.
struct Convert: Verb {
  static let configuration = CommandConfiguration(
    abstract: "Convert a checkpoint to another format, dtype, names or shards.",
    discussion: """
      Tensors are streamed, so a checkpoint may be larger than the memory. Output appears whole or not at all; \
      the same input and flags give the same bytes.

        ligature convert model.pt -o model.safetensors
        ligature convert training.ckpt -o model.safetensors \\
          --select state_dict --strip-prefix model.
        ligature convert model.safetensors -o half/ --to safetensors \\
          --dtype bf16 --shard-size 5GB
        ligature convert shards/ -o merged.pt --verify
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @OptionGroup(title: "Destination") var destination: DestinationOptions
  @OptionGroup(title: "Changes") var changes: ConversionFlags
  @OptionGroup(title: "Source") var sourceOptions: SourceOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Answer") var listing: ListingOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func run(on console: Console) throws -> ExitStatus {
    try destination.requireNoRelease()
    let checkpoint = try sourceOptions.open(source)
    var options = changes.options(destination, work)
    if let file = ConfiguredCheckpoint.configurationFile(besides: source) {
      options.companions.append(file)
    }
    let plan = try checkpoint.plan(writingTo: destination.destination, options: options)
    return try Writing(plan: plan, destination: destination, listsAll: listing.all).run(on: console)
  }
}
