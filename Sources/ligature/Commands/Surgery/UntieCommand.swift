internal import ArgumentParser
internal import CheckpointSurgery
internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// `ligature untie`.
struct UntieCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "untie",
    abstract: "Give tied heads and shared tables a tensor of their own.",
    discussion: """
      The head becomes to_logits.weight = scale · token_emb, with the scale that the model's release of x-transformers \
      multiplies tied logits by: 1 before 2.30.5, then tie_embedding_scale or dim^-0.5. Tables that wrappers share \
      (tie_token_emb, "token_emb": "a.token_emb") become two. --names separates any tensors that share bytes, and needs \
      no configuration.

        ligature untie tied.pt -o untied.safetensors --verify
        ligature untie tied.pt -o untied.pt --set x_transformers=2.30.4
        ligature untie vae.pt -o apart.pt --names 'decoder.*'
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @Option(
    help: ArgumentHelp(
      "Only the names that match; each gets bytes of its own. Repeatable.", valueName: "glob"),
    transform: ArgumentWords.pattern)
  var names: [NamePattern] = []

  @OptionGroup var options: SurgeryOptions

  var answer: AnswerOptions { options.answer }

  func run(on console: Console) throws -> ExitStatus {
    guard let model = try openModel(on: console) else { return try separate(on: console) }
    return try options.run(Untie(names: names), on: model, console)
  }

  /// The model; nil where names are all that is known, and all that is needed.
  private func openModel(on console: Console) throws -> SurgeryModel? {
    do {
      let model = try options.open(source, on: console)
      // A model that does not fit its configuration has alias groups all the same.
      if names.isEmpty || options.model.config != nil || (try? model.graph()) != nil {
        return model
      }
    } catch let error as GraphError {
      if names.isEmpty || options.model.config != nil { throw error }
    }
    return nil
  }

  private func separate(on console: Console) throws -> ExitStatus {
    try options.destination.requireNoRelease()
    var checkpoint = try options.source.open(source)
    try checkpoint.requireUnchangedPool()
    let separated = checkpoint.detachNames(matching: names)
    guard !separated.isEmpty else {
      throw SurgeryError.tie(.nothingShared(patterns: names.map(\.text)), model: source)
    }
    for name in separated { console.remark("'\(escaped(name.text))' gets bytes of its own") }
    let plan = try checkpoint.plan(
      writingTo: options.destination.destination,
      options: options.changes.options(options.destination, options.work))
    return try Writing(
      plan: plan, destination: options.destination, listsAll: options.listing.all
    ).run(on: console)
  }
}
