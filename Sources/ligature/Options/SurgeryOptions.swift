internal import ArgumentParser
internal import CheckpointSurgery

/// The flags that every surgery has: those of `convert`, and which model it is.
struct SurgeryOptions: ParsableArguments {
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Destination") var destination: DestinationOptions
  @OptionGroup(title: "Changes") var changes: ConversionFlags
  @OptionGroup(title: "Source") var source: SourceOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Verification") var probes: ProbeOptions
  @OptionGroup(title: "Answer") var listing: ListingOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  /// The model at `path`.
  func open(_ path: String, on console: Console) throws -> SurgeryModel {
    SurgeryModel(try model.open(path, source, on: console), path: path)
  }

  /// Shows, proves or writes a plan of one model.
  func run(_ plan: SurgeryPlan, on console: Console) throws -> ExitStatus {
    let writing = try plan.writePlan(
      to: destination.destination, options: changes.options(destination, work))
    return try SurgeryRun(plan: plan, probes: probes).run(
      Writing(plan: writing, destination: destination, listsAll: listing.all), on: console)
  }
}
