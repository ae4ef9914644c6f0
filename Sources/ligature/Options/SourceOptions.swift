internal import ArgumentParser
internal import Checkpoints

/// How a source is read.
struct SourceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The dictionary inside a training checkpoint; '.' takes every tensor in the file.",
      valueName: "path"))
  var select: String?

  @Flag(help: "Accept duplicate names and control characters in names.")
  var lenient = false

  @Flag(help: "Read pickles that name dangerous globals; nothing is ever called.")
  var allowGlobals = false

  /// The same for the library.
  var reading: ReadOptions {
    var options = ReadOptions()
    options.selection = select
    options.isLenient = lenient
    options.allowsDangerousGlobals = allowGlobals
    return options
  }

  /// The same for commands that only look: what may be the model is not asked.
  var looking: ReadOptions {
    var options = reading
    options.takesAllIfUndecided = true
    return options
  }

  /// Reads the names and places of the tensors at `path`.
  func open(_ path: String) throws -> Checkpoint {
    try Checkpoint.open(path, options: reading)
  }

  /// The same for commands that only look.
  func look(into path: String) throws -> Checkpoint {
    try Checkpoint.open(path, options: looking)
  }
}

extension ArgumentHelp {
  /// The help of a positional source.
  static let source = ArgumentHelp(
    "A file, a directory with one checkpoint, or an index file.", valueName: "source")
}
