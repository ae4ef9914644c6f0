internal import ArgumentParser
internal import Checkpoints

/// One run: from the words of the command line to an exit code.
struct Session {
  /// The words after the command's name.
  let words: [String]

  /// Parses the words, runs the verb, and tells what went wrong.
  func run() -> ExitStatus {
    if Set(words) == ["--version", "--verbose"] { return answerVersion() }
    let command: any ParsableCommand
    do {
      command = try Ligature.parseAsRoot(words)
    } catch {
      return answer(error)
    }
    guard let verb = command as? any Verb else {
      // `ligature` alone and `ligature help VERB` throw the text that they print.
      var command = command
      do { try command.run() } catch { return answer(error) }
      return .success
    }
    return run(verb)
  }

  private func run(_ verb: any Verb) -> ExitStatus {
    let console = Console(verb.answer.console)
    do {
      let status = try verb.run(on: console)
      try console.finish()
      return status
    } catch {
      return console.complain(Complaint(error))
    }
  }

  private func answerVersion() -> ExitStatus {
    let console = Console(Console.Options())
    console.print(Version.details())
    do { try console.finish() } catch { return console.complain(Complaint(error)) }
    return .success
  }

  /// Prints help, a version or a script, or tells that the words make no sense.
  private func answer(_ error: any Error) -> ExitStatus {
    let message = Ligature.message(for: error)
    var options = Console.Options()
    guard Ligature.exitCode(for: error).isSuccess else {
      options.isJSON = words.contains("--json")
      return Console(options).complain(Complaint(usageError(message)))
    }
    let console = Console(options)
    console.print(message)
    do { try console.finish() } catch { return console.complain(Complaint(error)) }
    return .success
  }

  private func usageError(_ message: String) -> UsageError {
    let verbs = Ligature.configuration.subcommands.map { $0._commandName } + ["help"]
    if let first = words.first, !first.hasPrefix("-"), !verbs.contains(first) {
      return .unknownVerb(first, nearest: NearestName.of(first, among: verbs))
    }
    let sentence = message.split(separator: "\n").joined(separator: "; ")
    let verb = words.first.map { verbs.contains($0) ? " \($0)" : "" } ?? ""
    return .parser("\(sentence); see 'ligature\(verb) --help'")
  }
}
