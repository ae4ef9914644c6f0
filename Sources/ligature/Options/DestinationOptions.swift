internal import ArgumentParser
internal import Checkpoints

/// Where a writing verb writes: the flags that all of them have.
struct DestinationOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("A file, or a directory if it ends in '/'.", valueName: "dest"))
  var destination: String

  @Option(
    help: ArgumentHelp("safetensors, pt or npz (default: by the suffix).", valueName: "format"),
    transform: ArgumentWords.outputFormat)
  var to: OutputFormat?

  @Flag(name: [.customShort("n"), .long], help: "Print the plan and write nothing.")
  var dryRun = false

  @Flag(help: "Replace files that exist.")
  var force = false

  @Flag(help: "Read the result back and compare it.")
  var verify = false
}
