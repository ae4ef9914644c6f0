internal import ArgumentParser
internal import CheckpointSurgery
internal import Checkpoints
internal import TransformerGraph

/// Where rows are taken from.
struct DonorOptions: ParsableArguments {
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "The donor: a model of x-transformers, a Hugging Face directory, or an array.",
      valueName: "donor"))
  var path: String

  @Option(
    help: ArgumentHelp(
      "The donor's table by its name (default: found by the names that libraries give it).",
      valueName: "name"))
  var fromTensor: String?

  @Option(
    help: ArgumentHelp("The donor's configuration, as --config is the model's.", valueName: "file"))
  var fromConfig: String?

  @Option(
    help: ArgumentHelp(
      "Give or override an argument of the donor's configuration; repeatable.",
      valueName: "path=value"))
  var fromSet: [String] = []

  @Option(
    help: ArgumentHelp(
      "Which of the donor's wrappers, as encoder or decoder.net.", valueName: "place"))
  var fromAt: String?

  /// The donor; what it is taken for is a remark.
  func open(_ source: SourceOptions, on console: Console) throws -> TransplantDonor {
    let checkpoint = try source.open(path)
    guard fromTensor == nil else {
      return try TransplantDonor(checkpoint, path: path, tensor: fromTensor)
    }
    if fromConfig == nil, fromSet.isEmpty, InferredConfiguration(checkpoint) == nil,
      ConfiguredCheckpoint.configurationFile(besides: path) == nil
    {
      let donor = try TransplantDonor(checkpoint, path: path)
      console.remark("the donor's table is taken to be '\(donor.tableName)'")
      return donor
    }
    let configured = try ConfiguredCheckpoint(
      checkpoint, path: path, configurationPath: fromConfig, assignments: fromSet)
    for hint in configured.hints { console.remark("the donor: \(hint)") }
    return try TransplantDonor(SurgeryModel(configured, path: path), at: fromAt)
  }
}
