internal import ArgumentParser
internal import CheckpointSurgery
internal import Checkpoints

/// `ligature freeze`.
struct FreezeCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "freeze",
    abstract: "Say which parameters training does not change.",
    discussion: """
      In a .pt file each parameter has its requires_grad; the configuration beside any file lists what is frozen, and \
      count and fit read it back. The names of one shared parameter have one flag. No byte of a tensor changes.

        ligature freeze model.pt 'token_emb.*' -o frozen.pt
        ligature freeze model.pt '*' --unfreeze 'attn_layers.final_norm.*' \\
          -o probe.safetensors --verify
        ligature freeze frozen.pt --unfreeze '*' -o trainable.pt
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @Argument(
    help: ArgumentHelp("Which parameters, by name.", valueName: "glob"),
    transform: ArgumentWords.pattern)
  var names: [NamePattern] = []

  @Option(
    help: ArgumentHelp("But not these; they become trainable. Repeatable.", valueName: "glob"),
    transform: ArgumentWords.pattern)
  var unfreeze: [NamePattern] = []

  @OptionGroup var options: SurgeryOptions

  var answer: AnswerOptions { options.answer }

  func run(on console: Console) throws -> ExitStatus {
    let model = try options.open(source, on: console)
    return try options.run(Freeze(names: names, exceptions: unfreeze), on: model, console)
  }
}
