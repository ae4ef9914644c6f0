internal import ArgumentParser
internal import Checkpoints
internal import TensorStorage

/// `ligature check`.
struct Check: Verb {
  static let configuration = CommandConfiguration(
    abstract: "Check a checkpoint against the rules of its format.",
    discussion: """
      Every file is checked, so that all broken shards are named at once; an index is compared with its \
      shards. With --values all values are read too: NaN, infinity, rows of zeros. Exit code 0 if the \
      checkpoint is sound, 1 if its values or its parts are not, 3 if it is dangerous, 4 if it is malformed.

      A bundle is checked as a whole: each model, and the pool's files against the hashes in bundle.json.

      --as tells what a library would do with it: torch.load; safetensors' load_file and load_model, with which tied \
      parameters; from_pretrained of transformers. Exit code 1 if it would not load it as it is.

        ligature check model.safetensors
        ligature check bundle/ --as hf
        ligature check bundle/
        ligature check checkpoints/step-1000/ --values
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @Flag(help: "Read all values too.")
  var values = false

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "Tell what a library would do with it: torch, safetensors or hf; repeatable.",
      valueName: "reader"), completion: .list(Reader.allCases.map(\.rawValue)),
    transform: ArgumentWords.reader)
  var readers: [Reader] = []

  @OptionGroup(title: "Source") var sourceOptions: SourceOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func run(on console: Console) throws -> ExitStatus {
    var check = CheckpointCheck(limits: work.limits)
    check.options = sourceOptions.looking
    check.checksValues = values
    // A source that cannot be opened has no length, and the check says why.
    let byteCount = values ? (try? sourceOptions.open(source))?.uniqueByteCount : nil
    var report = try console.observe("checking", byteCount: byteCount) { observer in
      check.observer = observer
      return try check.run(source)
    }
    for reader in readers { report.forecasts += try check.forecasts(reader, of: source) }
    if answer.quiet && !answer.json { report.findings.removeAll { $0.severity == .remark } }
    try console.answer(report)
    if report.complaint != nil {
      console.sayError("\(escaped(source)): not sound: \(report.faultSummary)")
    }
    return report.exitStatus
  }
}
