internal import ArgumentParser
internal import CheckpointSurgery

/// What becomes of tables that are to be one and differ.
struct TyingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the tables differ: input, output, mean, weighted; of one model procrustes, lowrank; of several joint.",
      valueName: "policy"), completion: .list(TiePolicy.allCases.map(\.rawValue)),
    transform: ArgumentWords.tiePolicy)
  var policy: TiePolicy?

  @Option(
    help: ArgumentHelp(
      "A weight for --policy weighted, as input=3. Repeatable; the others are 1.",
      valueName: "name=number"),
    transform: ArgumentWords.weight)
  var weight: [(name: String, value: Double)] = []

  @Option(
    help: ArgumentHelp(
      "Let differences pass up to this share of the largest value.", valueName: "share"))
  var tolerance = 0.0

  mutating func validate() throws {
    guard tolerance >= 0, tolerance < 1 else {
      throw ValidationError("--tolerance is a share from 0 to 1")
    }
    guard weight.isEmpty || policy == .weighted else {
      throw ValidationError("--weight goes with --policy weighted")
    }
  }

  /// The same for the library.
  var request: TieRequest {
    var request = TieRequest()
    request.policy = policy
    request.weights = Dictionary(
      weight.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    request.tolerance = tolerance
    return request
  }
}
