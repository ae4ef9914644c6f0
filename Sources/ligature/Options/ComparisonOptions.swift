internal import ArgumentParser
internal import Checkpoints

/// When two checkpoints are the same.
struct ComparisonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Absolute tolerance.", valueName: "x"))
  var atol: Double?

  @Option(help: ArgumentHelp("Relative tolerance.", valueName: "y"))
  var rtol: Double?

  @Option(
    name: .customLong("map"),
    help: ArgumentHelp(
      "Names that differ: a line for each, the name in A, the name in B.", valueName: "file"),
    completion: .file())
  var mapPath: String?

  mutating func validate() throws {
    for tolerance in [atol, rtol] {
      if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
        throw ValidationError("a tolerance is a number from 0 up")
      }
    }
  }

  /// The same for the library; reads the map.
  func options(
    _ a: Checkpoint, _ b: Checkpoint, limits: WorkLimits
  ) throws -> CheckpointDifference.Options {
    var options = CheckpointDifference.Options(limits: limits)
    if atol != nil || rtol != nil {
      options.equality = .within(absolute: atol ?? 0, relative: rtol ?? 0)
    }
    if let mapPath { options.names = try NameMap.read(path: mapPath, from: a, to: b) }
    return options
  }
}
