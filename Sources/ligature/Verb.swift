internal import ArgumentParser

/// A command that answers on a console.
///
/// A new verb is one file in `Commands` and one line in `Ligature`.
protocol Verb: ParsableCommand {
  /// How it talks.
  var answer: AnswerOptions { get }

  /// Does what was asked; the answer goes to `console`, errors are thrown.
  func run(on console: Console) throws -> ExitStatus
}
