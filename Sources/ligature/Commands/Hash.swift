internal import ArgumentParser
internal import Checkpoints

/// `ligature hash`.
struct Hash: Verb {
  static let configuration = CommandConfiguration(
    abstract: "Digest the content: SHA-256 of each tensor and of the checkpoint.",
    discussion: """
      The digests are of dtype, shape and values, so they are the same for every format, sharded or not. \
      A listing that was kept is compared with --check: exit code 1 if anything differs.

        ligature hash model.pt > model.sha256
        ligature hash model.safetensors --check model.sha256
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @Option(
    help: ArgumentHelp("Compare with a listing that was kept.", valueName: "file"),
    completion: .file())
  var check: String?

  @OptionGroup(title: "Source") var sourceOptions: SourceOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func run(on console: Console) throws -> ExitStatus {
    let expected = try check.map { try DigestListing(path: $0) }
    let checkpoint = try sourceOptions.look(into: source).resolvingNotes()
    let listing = try console.observe("hashing", byteCount: checkpoint.uniqueByteCount) {
      observer in
      try DigestListing(of: checkpoint, limits: work.limits, observer: observer)
    }
    guard let expected else {
      try console.answer(listing)
      return .success
    }
    let differences = listing.differences(from: expected)
    try console.answer(DigestCheck(listing: listing, differences: differences))
    return differences.isEmpty ? .success : .no
  }
}
