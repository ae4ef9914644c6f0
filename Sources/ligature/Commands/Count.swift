internal import ArgumentParser
internal import Checkpoints
internal import TransformerGraph

/// `ligature count`.
struct Count: Verb {
  static let configuration = CommandConfiguration(
    abstract: "Count parameters: unique, stored, by dtype, by module.",
    discussion: """
      A tensor with several names counts once; of views that overlap, each stored element counts once. \
      Buffers are known by name where the file is a model of x-transformers; else floating-point and complex tensors \
      are parameters, all others buffers.

        ligature count model.pt
        ligature count model.safetensors --expect 124439808
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @Option(help: ArgumentHelp("Exit with 1 unless there are n unique parameters.", valueName: "n"))
  var expect: Int?

  @OptionGroup(title: "Source") var sourceOptions: SourceOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func run(on console: Console) throws -> ExitStatus {
    let checkpoint = try sourceOptions.look(into: source).freezing(besides: source)
    let count = ParameterCount(
      of: checkpoint, knownBuffers: checkpoint.knownBuffers(path: source))
    try console.answer(count)
    guard let expect, let verdict = count.verdict(expecting: expect) else { return .success }
    console.say(verdict)
    return .no
  }
}
