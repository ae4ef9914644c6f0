internal import Checkpoints
internal import TensorStorage

/// What every writing verb does with its plan: shows it, or carries it out and says what was done.
struct Writing {
  let plan: WritePlan
  let destination: DestinationOptions
  /// Whether the plan has a line for each tensor.
  let listsAll: Bool
  /// What was done to the models, if the tensors are the outcome of a surgery.
  var surgery: SurgeryReport?
  /// The checkpoints that the output consists of, if it is not one.
  var parts: [(path: String, plan: WritePlan)] = []

  /// Shows the plan if it is a dry run, else writes and, if asked to, verifies.
  func run(on console: Console) throws -> ExitStatus {
    for remark in plan.remarks { console.remark(remark) }
    if destination.dryRun {
      try plan.requireDirectory()
      if let free = plan.freeDiskByteCount, free < plan.writtenByteCount {
        console.remark("the disk has not the room for \(Numerals.bytes(plan.writtenByteCount))")
      }
      try console.answer(PlanReport(plan: plan, listsAll: listsAll, surgery: surgery))
      return .success
    }
    let clock = ContinuousClock()
    let start = clock.now
    let report = try execute(on: console)
    if destination.verify { try verify(report, on: console) }
    let seconds = (clock.now - start) / .seconds(1)
    try console.answer(
      WritingReport(
        destination: destination.destination, plan: plan, report: report, seconds: seconds,
        isVerified: destination.verify,
        listsAll: listsAll, surgery: surgery))
    return .success
  }

  private func execute(on console: Console) throws -> WriteReport {
    let bar = console.progressBar("writing", byteCount: plan.writtenByteCount)
    defer { bar?.finish() }
    return try plan.execute(progress: bar?.update)
  }

  private func verify(_ report: WriteReport, on console: Console) throws {
    let bar = console.progressBar("verifying", byteCount: plan.writtenByteCount)
    defer { bar?.finish() }
    for part in parts.isEmpty ? [(path: destination.destination, plan: plan)] : parts {
      var options = ReadOptions()
      // What was read with --lenient may have names that need it here too.
      options.isLenient = true
      let written = try Checkpoint.open(part.path, options: options)
      try part.plan.verify(written, progress: bar?.update)
    }
  }
}
