internal import ArgumentParser
internal import CheckpointSurgery

/// `ligature untie`.
struct UntieCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "untie",
    abstract: "Give a tied head a tensor of its own.",
    discussion: """
      The head becomes to_logits.weight = scale · token_emb, with the scale that the model's release of x-transformers \
      multiplies tied logits by: 1 before 2.30.5, then tie_embedding_scale or dim^-0.5.

        ligature untie tied.pt -o untied.safetensors --verify
        ligature untie tied.pt -o untied.pt --set x_transformers=2.30.4
      """)

  @Argument(help: .source)
  var source: String

  @OptionGroup var options: SurgeryOptions

  var answer: AnswerOptions { options.answer }

  func run(on console: Console) throws -> ExitStatus {
    let model = try options.open(source, on: console)
    return try options.run(Untie().plan(for: [model]), on: console)
  }
}
