internal import ArgumentParser
internal import CheckpointSurgery

/// Where rows are taken from.
struct DonorOptions: ParsableArguments {
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "The donor: a model of x-transformers, a Hugging Face directory, or an array.",
      valueName: "donor"), completion: .file())
  var path: String

  @Option(
    help: ArgumentHelp(
      "The donor's table by its name (default: found by the names that libraries give it).",
      valueName: "name"))
  var fromTensor: String?

  @Option(
    help: ArgumentHelp("The donor's configuration, as --config is the model's.", valueName: "file"),
    completion: .file())
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

  /// Says in a request where rows are taken from.
  func fill(_ request: inout TransplantRequest) {
    request.donor = path
    request.donorTensor = fromTensor
    request.donorConfig = fromConfig
    request.donorSet = fromSet
    request.donorPlace = fromAt
  }
}
