internal import ArgumentParser
internal import CheckpointSurgery

/// How several models are written together.
struct BundleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The table's name, where it is not the token embedding of x-transformers or transformers.",
      valueName: "name"))
  var tensor: String?

  @Option(
    help: ArgumentHelp(
      "How a model's directory gets at the pool: hard, relative, symlink or copy (default: hard).",
      valueName: "way"), completion: .list(BundleLink.allCases.map(\.rawValue)),
    transform: ArgumentWords.bundleLink)
  var link = BundleLink.hard

  @Option(
    help: ArgumentHelp(
      "A model whose training is to leave the shared table as it is; repeatable.",
      valueName: "name"))
  var freeze: [String] = []
}
