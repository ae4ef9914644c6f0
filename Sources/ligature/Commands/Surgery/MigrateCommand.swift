internal import ArgumentParser
internal import CheckpointSurgery
internal import TransformerGraph

/// `ligature migrate`.
struct MigrateCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Rewrite a checkpoint so that another release of x-transformers loads it.",
    discussion: """
      The output computes the same function: keys, offsets of gains, the order of rotary pairs, and defaults that changed \
      are rewritten, and the configuration with them. What the other release cannot hold is refused by name. --to names the \
      release (default: the newest that is known), and may be given again for a format.

        ligature migrate old.pt -o new.pt --set x_transformers=1.27.16 \\
          --to 2.31.10 --verify
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @OptionGroup var options: SurgeryOptions

  var answer: AnswerOptions { options.answer }

  func run(on console: Console) throws -> ExitStatus {
    let model = try options.open(source, on: console)
    let migrate = Migrate(to: options.destination.release ?? .newest)
    return try options.run(migrate, on: model, console)
  }
}
