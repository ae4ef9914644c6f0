internal import ArgumentParser
internal import Checkpoints
internal import TensorStorage

/// `ligature show`.
struct Show: Verb {
  static let configuration = CommandConfiguration(
    abstract: "Show a tensor's values and statistics, or save them as .npy.",
    discussion: """
      A slice is written as in Python: negative indices count from the end, bounds are clamped, a step may be \
      negative. Statistics are of what is shown; mean and std are of its finite values.

        ligature show model.pt token_emb.emb.weight
        ligature show model.pt token_emb.emb.weight --slice '0:4,:8'
        ligature show model.pt to_logits.weight --slice -1 \\
          --npy last-row.npy --dtype f32
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @Argument(
    help: ArgumentHelp("The tensor's name (default: the only one there is).", valueName: "tensor"))
  var tensor: String?

  @OptionGroup(title: "Values") var values: ValueOptions
  @OptionGroup(title: "Source") var sourceOptions: SourceOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @Flag(help: "Print every value, however many there are.")
  var all = false

  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func run(on console: Console) throws -> ExitStatus {
    let checkpoint = try sourceOptions.look(into: source)
    let name = try checkpoint.name(tensor)
    let excerpt = try values.excerpt(of: name, in: checkpoint)
    let tileByteCount = work.limits.tileByteCount(tilesPerThread: 2)
    if let path = values.npyPath {
      let overflowCount = try excerpt.saveNumpy(
        to: path, overwrites: values.force, sources: checkpoint.source.allFiles,
        tileByteCount: tileByteCount)
      if overflowCount > 0 {
        let count = Numerals.count(overflowCount, "finite value")
        console.remark("\(count) became infinite in \(excerpt.dtype.name)")
      }
      try console.answer(SavedValues(name: name, excerpt: excerpt, path: path))
      return .success
    }
    let statistics = try console.observe("reading", byteCount: excerpt.byteCount) { observer in
      try excerpt.statistics(limits: work.limits, observer: observer)
    }
    try console.answer(
      TensorReport(
        name: name, excerpt: excerpt, statistics: statistics, listsAll: all,
        tileByteCount: tileByteCount))
    return .success
  }
}
