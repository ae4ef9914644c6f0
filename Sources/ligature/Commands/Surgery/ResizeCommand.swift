internal import ArgumentParser
internal import CheckpointSurgery

/// `ligature resize`.
struct ResizeCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "resize",
    abstract: "Give a vocabulary more, fewer or other tokens, or a model another max_seq_len.",
    discussion: """
      Every tensor that is indexed by the vocabulary changes at once, and num_tokens with it: the table, heads and \
      their biases, ff_deep_embed, and the same of every wrapper that shares the table. Logits of tokens that stay \
      are the same as before.

        ligature resize model.pt -o padded.pt --pad-to-multiple 64
        ligature resize model.pt -o trimmed.pt --keep-tokens ids.txt --verify
        ligature resize model.pt -o permuted.pt --permute order.txt
        ligature resize model.pt -o longer.pt --max-seq-len 2048 --new-rows zero
        ligature resize xtransformer.pt -o more.pt --tokens 32000 \\
          --at encoder --new-rows normal --seed 1
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @OptionGroup(title: "Size") var size: ResizeOptions
  @OptionGroup var options: SurgeryOptions

  var answer: AnswerOptions { options.answer }

  func run(on console: Console) throws -> ExitStatus {
    let model = try options.open(source, on: console)
    return try options.run(size.operation(), on: model, console)
  }
}

/// What is resized, and to what.
struct ResizeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("So many tokens: later ones are cut off, new ones appended.", valueName: "n")
  )
  var tokens: Int?

  @Option(
    help: ArgumentHelp("Append tokens until their number is a multiple of n.", valueName: "n"))
  var padToMultiple: Int?

  @Option(
    help: ArgumentHelp(
      "Another order: a file with every id, one in a line; the first becomes token 0.",
      valueName: "file"), completion: .file())
  var permute: String?

  @Option(
    help: ArgumentHelp(
      "Only these tokens, in this order: a file of ids, one in a line.", valueName: "file"),
    completion: .file())
  var keepTokens: String?

  @Option(help: ArgumentHelp("Another max_seq_len.", valueName: "n"))
  var maxSeqLen: Int?

  @Option(
    help: ArgumentHelp(
      "What new rows are: mean, normal, normal:FACTOR, zero or copy:ID.", valueName: "kind"),
    transform: ArgumentWords.newRows)
  var newRows = NewRows.mean

  @Option(help: ArgumentHelp("Decides the rows that are drawn.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Which wrapper, if there are several: encoder, decoder or a model's name.", valueName: "name")
  )
  var at: String?

  mutating func validate() throws {
    if permute != nil, keepTokens != nil {
      throw ValidationError("--permute has all tokens and --keep-tokens some: give one of them")
    }
  }

  /// The same for the library.
  func operation() throws -> Resize {
    var resize = Resize()
    if let permute { resize.selection = .permuted(try TokenIDList(contentsOf: permute)) }
    if let keepTokens { resize.selection = .kept(try TokenIDList(contentsOf: keepTokens)) }
    resize.tokenCount = tokens
    resize.multiple = padToMultiple
    resize.positionCount = maxSeqLen
    resize.newRows = newRows
    resize.seed = seed
    resize.place = at
    return resize
  }
}
