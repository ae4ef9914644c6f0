internal import ArgumentParser
internal import Checkpoints
internal import TransformerGraph

/// Which model a checkpoint holds.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The model's configuration (default: NAME.ligature.json beside the source, else inferred).",
      valueName: "file"), completion: .file())
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Give or override one argument, as attn_layers.heads=8; repeatable.", valueName: "path=value")
  )
  var set: [String] = []

  /// The checkpoint with its configuration; questions and hints are remarks.
  func open(
    _ source: String, _ options: SourceOptions, on console: Console
  ) throws -> ConfiguredCheckpoint {
    let configured = try ConfiguredCheckpoint(
      try options.open(source), path: source, configurationPath: config, assignments: set)
    for hint in configured.hints { console.remark(hint) }
    return configured
  }
}

extension InferredConfiguration.Question {
  /// One sentence: what is assumed, what else would fit, how to say it.
  var sentence: String {
    let others = values.dropFirst().joined(separator: ", ")
    return "\(argument) is taken to be \(values.first ?? "unset")"
      + (others.isEmpty ? "" : " (also possible: \(others))")
      + ": \(reason); --set \(argument)=… says it"
  }
}
