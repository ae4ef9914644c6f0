internal import ArgumentParser
internal import CheckpointSurgery

/// `ligature transplant`.
struct TransplantCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "transplant",
    abstract: "Move rows of another model's token embeddings into a model.",
    discussion: """
      The rows of the donor's table, and of its head, its bias and ff_deep_embed where both models have them, take the \
      place of the model's: all of them, ranges, or those that a map names. A tied head stays tied unless --untie. \
      Rows of another width are refused unless --project says what becomes of them:

        emb-dim     the donor's table whole: emb_dim is its width, behind project_emb
        ridge       an affine map, learned from --anchors
        procrustes  a rotation and a scale, learned from --anchors
        pca         the directions in which the donor's rows spread most
        pad         zeros behind narrower rows
        truncate    the first coordinates of wider rows

      A map is a text file with two columns, by tab or comma: the model's token, the donor's. A token is its id, or \
      its text where --vocab and --from-vocab name the tokenizers' files; digits that are text stand in double quotes.

        ligature transplant --from gpt2/ --into model.pt -o moved.safetensors \\
          --project emb-dim
        ligature transplant --from donor.pt --into model.pt -o moved.pt \\
          --rows 0:1000=0:1000
        ligature transplant --from donor.pt --into model.pt -o moved.pt \\
          --tokens map.tsv --vocab model/tokenizer.json \\
          --from-vocab donor/tokenizer.json
        ligature transplant --from vectors.npy --into model.pt -o moved.pt \\
          --project ridge --anchors pairs.tsv
      """)

  @Option(
    help: ArgumentHelp("The model that gets the rows.", valueName: "source"), completion: .file())
  var into: String

  @OptionGroup(title: "Donor") var donor: DonorOptions
  @OptionGroup(title: "Rows") var rows: TransplantedRowsOptions

  @Option(
    help: ArgumentHelp(
      "Which of the model's wrappers, as encoder or decoder.net.", valueName: "place"))
  var at: String?

  @Option(
    help: ArgumentHelp(
      "What becomes of rows of another width: emb-dim, ridge, procrustes, pca, pad or truncate.",
      valueName: "method"), completion: .list(ProjectionMethod.allCases.map(\.rawValue)),
    transform: ArgumentWords.projectionMethod)
  var project: ProjectionMethod?

  @Flag(help: "Give mapped rows the lengths that the donor's rows predict.")
  var matchNorm = false

  @Flag(help: "Give a tied head rows of its own first.")
  var untie = false

  @OptionGroup var options: SurgeryOptions

  var answer: AnswerOptions { options.answer }

  func run(on console: Console) throws -> ExitStatus {
    var request = TransplantRequest()
    donor.fill(&request)
    rows.fill(&request)
    request.reading = options.source.reading
    request.method = project
    request.place = at
    request.matchesNorms = matchNorm
    request.untiesHead = untie
    return try options.run(request, on: options.open(into, on: console), console)
  }
}
