internal import ArgumentParser
internal import CheckpointSurgery

/// Which rows take the place of which, and which say the same.
struct TransplantedRowsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A map of tokens, two columns: the model's, the donor's (default: all rows in order).",
      valueName: "map"))
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
      valueName: "map"))
  var anchors: String?

  @Option(
    help: ArgumentHelp("The model's vocabulary: a tokenizer's file.", valueName: "file"))
  var vocab: String?

  @Option(
    help: ArgumentHelp("The donor's vocabulary: a tokenizer's file.", valueName: "file"))
  var fromVocab: String?

  @Option(
    help: ArgumentHelp(
      "With both vocabularies and no map: the tokens that are the same exactly, by role too, or by byte too.",
      valueName: "level"),
    transform: ArgumentWords.tokenMatch)
  var match: TokenMatch?

  mutating func validate() throws {
    guard tokens == nil || ranges.isEmpty else {
      throw ValidationError("--tokens and --rows both say which rows are meant; give one of them")
    }
  }

  /// Reads the files that were named.
  func fill(_ transplant: inout Transplant, on console: Console) throws {
    let learns = [.ridge, .procrustes, .embeddingDimension].contains(transplant.method)
    let vocabularies = (
      try vocab.map { try Vocabulary(contentsOf: $0) },
      try fromVocab.map { try Vocabulary(contentsOf: $0) }
    )
    func pairs(_ path: String) throws -> TokenPairs {
      try TokenPairs(contentsOf: path, recipient: vocabularies.0, donor: vocabularies.1)
    }
    transplant.tokens = try tokens.map(pairs)
    if !ranges.isEmpty { transplant.tokens = try TokenPairs(ranges: ranges) }
    transplant.anchors = try anchors.map(pairs)
    guard let own = vocabularies.0, let others = vocabularies.1 else {
      if match != nil {
        throw UsageError.conflict("--match compares two vocabularies: --vocab and --from-vocab")
      }
      return
    }
    if transplant.tokens != nil, transplant.anchors != nil { return }
    let common = try TokenPairs(matching: own, to: others, by: match ?? .role)
    if let summary = common.summary { console.remark(summary) }
    if transplant.tokens == nil { transplant.tokens = common }
    if transplant.anchors == nil, learns { transplant.anchors = common }
  }
}
