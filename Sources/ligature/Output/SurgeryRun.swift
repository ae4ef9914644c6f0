internal import CheckpointSurgery
internal import Checkpoints
internal import TransformerGraph
internal import TransformerInference

/// What every surgery does with its plan: tells what it found, proves it if asked to, and writes.
struct SurgeryRun {
  let plan: SurgeryPlan

  /// Verifies the functions before anything is published; then shows or writes.
  func run(_ writing: Writing, on console: Console) throws -> ExitStatus {
    for fact in plan.steps.flatMap(\.facts) { console.remark(fact) }
    var writing = writing
    var report = SurgeryReport(plan: plan)
    if writing.destination.verify {
      report.proofs = try proofs()
      guard report.isProven else {
        try console.answer(report)
        console.say("a promise of the operation is broken; nothing was written")
        return .no
      }
    }
    writing.surgery = report
    return try writing.run(on: console)
  }

  /// Runs each model before and after.
  private func proofs() throws -> [SurgeryReport.Proof] {
    try plan.before.indices.map { position in
      let (before, after) = (plan.before[position], plan.after[position])
      let promise = plan.promises[position]
      let comparison = try FunctionComparison(
        before: (before.graph(), nil), after: (after.graph(), nil),
        tokensBefore: promise.tokensBefore)
      return SurgeryReport.Proof(model: after.name, promise: promise, comparison: comparison)
    }
  }
}
