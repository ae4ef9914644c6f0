internal import ArgumentParser
internal import TransformerGraph

/// `ligature fit`.
struct Fit: Verb {
  static let configuration = CommandConfiguration(
    abstract: "Bind a checkpoint to a TransformerWrapper graph; tell what fits and what does not.",
    discussion: """
      Without a configuration file it is inferred from names and shapes as far as they decide it. Exits with 1 \
      unless every tensor has a place and every place a tensor.

        ligature fit model.pt
        ligature fit model.pt --config model.ligature.json
        ligature fit model.pt --set attn_layers.heads=8 --set x_transformers=1.27.16
      """)

  @Argument(help: .source, completion: .file())
  var source: String

  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Source") var sourceOptions: SourceOptions
  @OptionGroup(title: "Answer") var listing: ListingOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func run(on console: Console) throws -> ExitStatus {
    let configured = try model.open(source, sourceOptions, on: console)
    let report = try configured.graph().report(on: configured.checkpoint)
    try console.answer(
      FitReport(configured: configured, report: report, listsAll: listing.all))
    return report.isComplete ? .success : .no
  }
}
