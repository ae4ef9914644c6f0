internal import ArgumentParser
internal import CheckpointSurgery

/// `ligature tie`.
struct TieCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "tie",
    abstract: "Make the input table and the head of a model one tensor.",
    discussion: """
      Nothing is lost where to_logits.weight = scale · token_emb holds: with the scale of the model's release, or from \
      2.30.5 on with any, which becomes tie_embedding_scale. Otherwise it is refused with the measured facts, and \
      --policy chooses what is lost. An XTransformer's two tables become one (tie_token_emb).

        ligature tie untied.pt -o tied.pt --verify
        ligature tie model.safetensors -o tied.safetensors --policy mean
      """)

  @Argument(help: .source)
  var source: String

  @OptionGroup(title: "Tying") var tying: TyingOptions
  @OptionGroup var options: SurgeryOptions

  var answer: AnswerOptions { options.answer }

  func run(on console: Console) throws -> ExitStatus {
    let model = try options.open(source, on: console)
    let tie = Tie(
      policy: tying.policy, weights: try tying.inputAndOutput, tolerance: tying.tolerance)
    return try options.run(tie, on: model, console)
  }
}
