internal import CheckpointSurgery
internal import Checkpoints
internal import TransformerGraph
internal import TransformerInference

/// What every surgery does with its plan: tells what it found, proves it if asked to, and writes.
struct SurgeryRun {
  let plan: SurgeryPlan
  let probes: ProbeOptions
  /// What is changed as each model is written, by its position: a cast is part of what is proven.
  var conversions: [Int: ConversionOptions] = [:]

  /// Verifies the functions before anything is published; then shows or writes.
  func run(_ writing: Writing, on console: Console) throws -> ExitStatus {
    for fact in plan.steps.flatMap(\.facts) { console.remark(fact) }
    var writing = writing
    var report = SurgeryReport(plan: plan)
    if writing.destination.verify {
      report.proofs = try proofs(of: Array(plan.before.indices))
      guard report.isProven else {
        try console.answer(report)
        console.say("a promise of the operation is broken; nothing was written")
        return .no
      }
    }
    writing.surgery = report
    return try writing.run(on: console)
  }

  /// Proves each promise: by the bytes if it is about them, else by running the models before and after.
  func proofs(of positions: [Int]) throws -> [SurgeryReport.Proof] {
    let probe = try probes.probe()
    return try positions.flatMap { position -> [SurgeryReport.Proof] in
      let promise = plan.promises[position]
      let model = plan.after[position].name
      if promise.closeness == .bytes {
        return [
          .init(
            position: position, model: model, promise: promise,
            outcome: .bytes(plan.changedTensor(of: position)))
        ]
      }
      return try compare(position, promise, probe)
    }
  }

  /// One proof for each model of the configuration.
  private func compare(
    _ position: Int, _ promise: Promise, _ probe: FunctionComparison.Probe
  ) throws -> [SurgeryReport.Proof] {
    var after = plan.after[position]
    var promise = promise
    if let options = conversions[position], options.dtype != nil || !options.keptDTypes.isEmpty {
      after.checkpoint = try after.checkpoint.cast(by: options)
      promise = promise.followed(by: Promise(.lossy("values are rounded to another dtype")))
    }
    let graphs = (try plan.before[position].graph(), try after.graph())
    let own = after.name
    return try graphs.1.models.map(\.name).map { name in
      let comparison = try FunctionComparison(
        before: (graphs.0, name), after: (graphs.1, name), tokensBefore: promise.tokensBefore,
        probe: probe)
      let title = [own, name].filter { !$0.isEmpty }.joined(separator: ".")
      return .init(
        position: position, model: title, promise: promise, outcome: .function(comparison))
    }
  }
}
