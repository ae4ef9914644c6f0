internal import ArgumentParser
internal import Checkpoints

/// `ligature diff`.
struct Diff: Verb {
  static let configuration = CommandConfiguration(
    abstract: "Compare two checkpoints tensor by tensor, whatever their formats and shards.",
    discussion: """
      Values are compared as bits; with --atol or --rtol as numbers: |a - b| <= atol + rtol * |b|, and then a \
      difference in dtype alone is reported but does not count. Exit code 1 if they differ.

        ligature diff model.pt model.safetensors
        ligature diff model.safetensors half.safetensors --rtol 1e-3
        ligature diff old.pt new.pt --map names.txt
      """)

  @Argument(help: ArgumentHelp("The one checkpoint.", valueName: "a"), completion: .file())
  var a: String

  @Argument(help: ArgumentHelp("The other checkpoint.", valueName: "b"), completion: .file())
  var b: String

  @OptionGroup(title: "Comparison") var comparison: ComparisonOptions
  @OptionGroup(title: "Source") var sourceOptions: SourceOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Answer") var listing: ListingOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func run(on console: Console) throws -> ExitStatus {
    // A name that is only noted, as save_model does, is a name too.
    let first = try sourceOptions.look(into: a).resolvingNotes()
    let second = try sourceOptions.look(into: b).resolvingNotes()
    let options = try comparison.options(first, second, limits: work.limits)
    let byteCount = first.byteCount + second.byteCount
    let difference = try console.observe("comparing", byteCount: byteCount) { observer in
      try CheckpointDifference(first, second, options: options, observer: observer)
    }
    try console.answer(DifferenceReport(difference: difference, listsAll: listing.all))
    return difference.isEmpty ? .success : .no
  }
}
