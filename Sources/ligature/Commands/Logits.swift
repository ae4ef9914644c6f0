internal import ArgumentParser
internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph
internal import TransformerInference

/// `ligature logits`.
struct Logits: Verb {
  static let configuration = CommandConfiguration(
    abstract: "Run a model forward on the CPU; the logits are x-transformers' own.",
    discussion: """
      Inputs and outputs are .npy files; arithmetic is float32, whatever the weights' dtype. With --generate a causal \
      decoder continues each sequence greedily, and the output are the token ids.

      Weights are read as they are needed. --memory is how much of them may stay in memory for the next time: by \
      default nothing for a single pass, and all for --generate.

        ligature logits model.pt --config model.ligature.json \\
          --tokens t.npy -o logits.npy
        ligature logits model.pt --tokens t.npy --generate 32 -o tokens.npy
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Input") var inputs: InputOptions

  @Option(
    name: [.customShort("o"), .long], help: ArgumentHelp("The output file.", valueName: "npy"),
    completion: .file())
  var output: String

  @Option(
    name: .customLong("model"),
    help: ArgumentHelp("Which of several models.", valueName: "name"))
  var modelName: String?

  @Option(
    help: ArgumentHelp("Also write an encoder's output.", valueName: "npy"), completion: .file())
  var encodings: String?

  @Option(help: ArgumentHelp("Continue each sequence by n tokens, greedily.", valueName: "n"))
  var generate: Int?

  @Flag(help: "Replace output files that exist.")
  var force = false

  @OptionGroup(title: "Source") var sourceOptions: SourceOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func validate() throws {
    for path in [output] + [encodings].compactMap(\.self) { try ArgumentWords.checkOutput(path) }
    if let generate, generate < 1 { throw ValidationError("--generate needs 1 or more tokens") }
  }

  func run(on console: Console) throws -> ExitStatus {
    let start = ContinuousClock.now
    let configured = try model.open(source, sourceOptions, on: console)
    try checkOutputs(besides: configured)
    for question in configured.questions { console.remark(question.sentence) }
    let runner = try ModelRunner(
      configured.graph(), keptByteCount: keptByteCount, threads: work.threadCount ?? 0)
    let input = try inputs.input()
    if generate != nil { try runner.load() }
    let loaded = ContinuousClock.now
    if let encodings {
      try OutputArray.output(runner.encodings(for: input, model: modelName))
        .write(to: encodings, force: force)
    }
    let (result, shape) = try result(of: runner, input)
    let end = ContinuousClock.now
    try result.write(to: output, force: force)
    try console.answer(
      OutputReport(
        path: output, shape: shape, loadSeconds: (loaded - start) / .seconds(1),
        forwardSeconds: (end - loaded) / .seconds(1)))
    return .success
  }

  /// Refuses what is there or is read, before the model runs.
  private func checkOutputs(besides configured: ConfiguredCheckpoint) throws {
    var sources = configured.checkpoint.source.allFiles + inputs.paths
    if case .file(let path) = configured.origin { sources.append(path) }
    let outputs = [output] + [encodings].compactMap(\.self)
    for path in outputs where !FileSystem.hasDirectory(path) {
      throw FileError.noDirectory(file: path)
    }
    guard Set(outputs).count == outputs.count else {
      throw UsageError.conflict("--encodings: \(escaped(output)) is written by -o already")
    }
    try OutputPlace(paths: outputs, sources: sources).check(overwrites: force)
  }

  private func result(
    of runner: ModelRunner, _ input: ModelInput
  ) throws -> (OutputArray, shape: [Int]) {
    if let generate {
      let tokens = try runner.generate(generate, after: input, model: modelName)
      return (.tokens(tokens), [tokens.batch, tokens.length])
    }
    let output = try runner.output(for: input, model: modelName)
    return (.output(output), output.shape)
  }

  /// Generation passes the weights once a token; a single pass has no use for them twice.
  private var keptByteCount: Int {
    work.memory ?? (generate == nil ? 0 : .max)
  }
}
