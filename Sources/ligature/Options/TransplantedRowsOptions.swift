internal import ArgumentParser
internal import CheckpointSurgery

/// Which rows take the place of which, and which say the same.
struct TransplantedRowsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A map of tokens, two columns: the model's, the donor's (default: all rows in order).",
      valueName: "map"), completion: .file())
  var tokens: String?

  @Option(
    name: .customLong("rows"),
    help: ArgumentHelp(
      "Rows A to B-1 of the model become rows C to D-1 of the donor; repeatable.",
      valueName: "a:b=c:d"))
  var ranges: [String] = []

  @Option(
    help: ArgumentHelp(
      "Pairs of tokens that say the same, two columns as in a map; --project learns from them.",
      valueName: "map"), completion: .file())
  var anchors: String?

  @Option(
    help: ArgumentHelp("The model's vocabulary: a tokenizer's file.", valueName: "file"),
    completion: .file())
  var vocab: String?

  @Option(
    help: ArgumentHelp("The donor's vocabulary: a tokenizer's file.", valueName: "file"),
    completion: .file())
  var fromVocab: String?

  @Option(
    help: ArgumentHelp(
      "With both vocabularies and no map: the tokens that are the same exactly, by role too, or by byte too.",
      valueName: "level"), completion: .list(TokenMatch.allCases.map(\.rawValue)),
    transform: ArgumentWords.tokenMatch)
  var match: TokenMatch?

  mutating func validate() throws {
    guard tokens == nil || ranges.isEmpty else {
      throw ValidationError("--tokens and --rows both say which rows are meant; give one of them")
    }
  }

  /// Says in a request which rows are meant.
  func fill(_ request: inout TransplantRequest) {
    request.tokens = tokens
    request.ranges = ranges
    request.anchors = anchors
    request.vocabulary = vocab
    request.donorVocabulary = fromVocab
    request.match = match
  }
}
