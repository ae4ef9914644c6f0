internal import ArgumentParser
internal import TransformerInference

/// What models are run on when a surgery is verified.
struct ProbeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Decides the tokens that --verify runs the models on.", valueName: "n"))
  var probeSeed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Tokens to run them on instead, int64 [b, n], in the vocabulary before.", valueName: "npy"),
    completion: .file())
  var probeTokens: String?

  /// The same for the library.
  func probe() throws -> FunctionComparison.Probe {
    var probe = FunctionComparison.Probe()
    probe.seed = probeSeed
    probe.tokens = try probeTokens.map { try ArrayFile($0, "--probe-tokens").tokens() }
    return probe
  }
}
