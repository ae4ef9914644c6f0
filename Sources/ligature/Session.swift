internal import ArgumentParser
internal import Checkpoints

/// One run: from the words of the command line to an exit code.
struct Session {
  /// The words after the command's name.
  let words: [String]

  /// Parses the words, runs the verb, and tells what went wrong.
  func run() -> ExitStatus {
    if Set(words) == ["--version", "--verbose"] { return answerVersion() }
    if let topic = unknownTopic { return complain(unknownVerb(topic)) }
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
    guard Ligature.exitCode(for: error).isSuccess else { return complain(usageError(message)) }
    let console = Console(Console.Options())
    console.print(message)
    do { try console.finish() } catch { return console.complain(Complaint(error)) }
    return .success
  }

  private func complain(_ error: UsageError) -> ExitStatus {
    var options = Console.Options()
    options.isJSON = words.contains("--json")
    return Console(options).complain(Complaint(error))
  }

  private var verbs: [String] {
    Ligature.configuration.subcommands.map { $0._commandName } + ["help"]
  }

  /// The word after `help` if it is no verb, for which ArgumentParser shows the help of all.
  private var unknownTopic: String? {
    guard words.count >= 2, words[0] == "help", !words[1].hasPrefix("-"),
      !verbs.contains(words[1])
    else { return nil }
    return words[1]
  }

  private func unknownVerb(_ word: String) -> UsageError {
    .unknownVerb(word, nearest: NearestName.of(word, among: verbs))
  }

  private func usageError(_ message: String) -> UsageError {
    if let first = words.first, !first.hasPrefix("-"), !verbs.contains(first) {
      return unknownVerb(first)
    }
    let verb = words.first.map { verbs.contains($0) ? " \($0)" : "" } ?? ""
    return .parser(ParserMessage(message).sentence(verb: verb))
  }
}
