internal import ArgumentParser

/// The command: its verbs, its help.
struct Ligature: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ligature",
    abstract: "Converts checkpoints of neural networks, and operates on their tensors.",
    discussion: """
      A source is a file, a directory with one checkpoint, or the index of a sharded one; its format is told \
      from its bytes. Nothing is overwritten without --force, and no pickle is ever executed.

        ligature inspect model.pt
        ligature convert model.pt -o model.safetensors
        ligature diff model.pt model.safetensors

      Completion for bash, zsh or fish: 'ligature --generate-completion-script zsh' prints the script.

      Exit codes: 0 done or yes, 1 no, 2 usage, 3 refused for safety, 4 malformed input, 5 input or output, \
      130 interrupted.
      """,
    version: Version.text,
    groupedSubcommands: [
      CommandGroup(
        name: "Reading",
        subcommands: [
          Inspect.self, Count.self, Check.self, Diff.self, Hash.self, Show.self,
        ]),
      CommandGroup(name: "Models", subcommands: [Fit.self, Logits.self]),
      CommandGroup(name: "Writing", subcommands: [Convert.self]),
      CommandGroup(
        name: "Surgery",
        subcommands: [
          TieCommand.self,
          UntieCommand.self,
          TransplantCommand.self,
          ResizeCommand.self,
          FreezeCommand.self,
          ApplyCommand.self,
          MigrateCommand.self,
        ]),
    ])
}
