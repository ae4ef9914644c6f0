internal import ArgumentParser

/// How a verb talks: the flags that every verb has.
struct AnswerOptions: ParsableArguments {
  @Flag(help: "Answer with one JSON document; errors too.")
  var json = false

  @Option(help: ArgumentHelp("Colours: auto, always or never.", valueName: "when"))
  var color = ColorChoice.auto

  @Option(help: ArgumentHelp("A progress bar: auto or never.", valueName: "when"))
  var progress = ProgressChoice.auto

  @Flag(name: [.customShort("q"), .long], help: "No remarks; errors are still told.")
  var quiet = false

  /// The same for the console.
  var console: Console.Options {
    Console.Options(
      isJSON: json, color: color, showsProgress: progress == .auto, isQuiet: quiet)
  }
}

/// When a progress bar is shown.
enum ProgressChoice: String, CaseIterable, ExpressibleByArgument {
  /// On a terminal.
  case auto
  case never
}

extension ColorChoice: ExpressibleByArgument {}
