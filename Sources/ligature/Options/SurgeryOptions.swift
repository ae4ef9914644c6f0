internal import ArgumentParser
internal import CheckpointSurgery
internal import Checkpoints
internal import TransformerGraph

/// The flags that every surgery has: those of `convert`, and which model it is.
struct SurgeryOptions: ParsableArguments {
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Destination") var destination: DestinationOptions
  @Option(
    help: ArgumentHelp(
      "Write the recipe that does the same with 'ligature apply'.", valueName: "file"),
    completion: .file())
  var saveRecipe: String?

  @Flag(
    help: """
      Let what a model shares with others of its bundle change for it alone: the output has its own.
      """)
  var detach = false

  @OptionGroup(title: "Changes") var changes: ConversionFlags
  @OptionGroup(title: "Source") var source: SourceOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Verification") var probes: ProbeOptions
  @OptionGroup(title: "Answer") var listing: ListingOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  /// The model at `path`.
  func open(_ path: String, on console: Console) throws -> SurgeryModel {
    let configured = try model.open(path, source, on: console)
    try configured.checkpoint.requireUnchangedPool()
    return SurgeryModel(configured, path: path)
  }

  /// Plans an operation on one model; shows, proves or writes what it makes of it.
  func run(
    _ operation: some DescribedOperation, on model: SurgeryModel, _ console: Console
  ) throws -> ExitStatus {
    let recipe = SavedRecipe(path: saveRecipe, force: destination.force)
    try recipe.check(sources: model.checkpoint.source.allFiles)
    let status = try run(operation.plan(for: [model]), on: console)
    if status == .success, !destination.dryRun {
      try recipe.write(operation, on: model.paths.checkpoint, self)
    }
    return status
  }

  /// Shows, proves or writes a plan of one model.
  func run(_ plan: SurgeryPlan, on console: Console) throws -> ExitStatus {
    if !plan.steps.contains(where: { $0.verb == Migrate.verb }) {
      try destination.requireNoRelease()
    }
    for fact in try plan.settlingPools(detached: detach ? [0] : []) { console.remark(fact) }
    let conversion = changes.options(destination, work)
    let writing = try plan.writePlan(to: destination.destination, options: conversion)
    return try SurgeryRun(plan: plan, probes: probes, conversions: [0: conversion]).run(
      Writing(plan: writing, destination: destination, listsAll: listing.all), on: console)
  }
}
