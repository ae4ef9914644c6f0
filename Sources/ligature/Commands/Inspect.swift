internal import ArgumentParser

/// `ligature inspect`.
struct Inspect: Verb {
  static let configuration = CommandConfiguration(
    abstract: "Tell what a checkpoint holds: tensors, aliases, metadata, globals.",
    discussion: """
      Reads no tensor's values. Layers that repeat are folded into one line.

        ligature inspect model.safetensors
        ligature inspect checkpoints/step-1000/ --all
        ligature inspect training.pt --select optimizer --json
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @OptionGroup(title: "Source") var sourceOptions: SourceOptions
  @OptionGroup(title: "Answer") var listing: ListingOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func run(on console: Console) throws -> ExitStatus {
    try console.answer(Inspection(of: sourceOptions.look(into: source), listsAll: listing.all))
    return .success
  }
}
