internal import ArgumentParser
internal import Checkpoints
internal import TransformerGraph

/// Where a writing verb writes: the flags that all of them have.
struct DestinationOptions: ParsableArguments {
  @Option(
    name: [.customShort("o", allowingJoined: true), .customLong("output")],
    help: ArgumentHelp("A file, or a directory if it ends in '/'.", valueName: "dest"),
    completion: .file())
  var destination: String

  @Option(
    help: ArgumentHelp(
      "safetensors, pt or npz (default: by the suffix); for migrate a release too.",
      valueName: "format"), completion: .list(OutputFormat.allCases.map(\.rawValue)),
    transform: Target.init)
  var to: [Target] = []

  @Flag(name: [.customShort("n"), .long], help: "Print the plan and write nothing.")
  var dryRun = false

  @Flag(help: "Replace files that exist.")
  var force = false

  @Flag(help: "Read the result back and compare it.")
  var verify = false

  mutating func validate() throws { try ArgumentWords.checkOutput(destination) }

  /// The format that was asked for.
  var format: OutputFormat? {
    to.compactMap { if case .format(let format) = $0 { format } else { nil } }.last
  }

  /// The release of x-transformers that was asked for.
  var release: Dialect? {
    to.compactMap { if case .release(let release) = $0 { release } else { nil } }.last
  }

  /// Refuses a release where none is meant.
  func requireNoRelease() throws {
    guard let release else { return }
    throw ValidationError(
      "--to \(release): safetensors, pt or npz is needed; migrate takes a release")
  }
}

/// What `--to` names: a format, or the release that is to load the output.
enum Target {
  case format(OutputFormat)
  case release(Dialect)

  init(_ text: String) throws {
    // Formats begin with a letter.
    if text.first?.isNumber ?? false {
      self = .release(try Dialect(version: text))
    } else {
      self = .format(try ArgumentWords.outputFormat(text))
    }
  }
}
