internal import CheckpointSurgery
internal import Checkpoints
internal import TensorStorage
internal import TransformerInference

/// What `apply` does with its plan: proves it, holds it against what is expected, and writes each model.
struct RecipeRun {
  let plan: RecipePlan
  let output: RecipeOutputOptions
  let work: WorkOptions
  let probes: ProbeOptions
  let listsAll: Bool

  /// Nothing is published unless every promise is kept and every expectation met.
  func run(on console: Console) throws -> ExitStatus {
    for fact in plan.surgery.steps.flatMap(\.facts) + plan.detachments { console.remark(fact) }
    // Refuses before anything is run what could not be written.
    _ = try plan.files(tool: Version.text, with: [])
    var report = SurgeryReport(plan: plan.surgery, positions: Set(positions))
    let expectations = plan.recipe.expectations
    if output.verify || !expectations.logitDifference.isEmpty {
      report.proofs = try SurgeryRun(
        plan: plan.surgery, probes: probes, conversions: plan.conversions
      ).proofs(of: positions)
    }
    let disappointments = try disappointments(report)
    guard report.isProven, disappointments.isEmpty else {
      try console.answer(report)
      for sentence in disappointments { console.say(sentence) }
      console.say(
        report.isProven
          ? "an expectation of the recipe is not met; nothing was written"
          : "a promise of an operation is broken; nothing was written")
      return .no
    }
    return try write(report, on: console)
  }

  private var positions: [Int] { plan.written.map(\.position) }

  private func write(_ report: SurgeryReport, on console: Console) throws -> ExitStatus {
    var companions: [CompanionFile] = []
    if output.dryRun {
      console.remark("surgery.lock.json is written beside each output")
    } else {
      companions.append(try lock(report, on: console))
    }
    let files = try plan.files(tool: Version.text, with: companions)
    var writing = Writing(
      plan: files.whole, destination: output.flags(for: files.parts[0].path, format: nil),
      listsAll: listsAll, parts: files.parts)
    writing.surgery = report
    return try writing.run(on: console)
  }

  private func lock(_ report: SurgeryReport, on console: Console) throws -> CompanionFile {
    let byteCount = plan.surgery.before.reduce(0) { $0 + $1.checkpoint.uniqueByteCount }
    return try console.observe("hashing", byteCount: byteCount) { observer in
      try plan.lock(
        tool: Version.text, proofs: report.verification, limits: work.limits, observer: observer)
    }
  }
}

// MARK: - Expectations

extension RecipeRun {
  /// A sentence for each expectation that is not met.
  private func disappointments(_ report: SurgeryReport) throws -> [String] {
    let expected = plan.recipe.expectations
    var sentences: [String] = []
    for (own, position) in plan.written {
      let model = plan.surgery.after[position]
      let name = escaped(own)
      func check(_ what: String, _ wanted: [String: Int], _ found: Int) {
        guard let wanted = wanted[own] ?? wanted[""], wanted != found else { return }
        sentences.append(
          "\(name): \(Numerals.grouped(wanted)) \(what) are expected, and it has "
            + Numerals.grouped(found))
      }
      check("parameters", expected.parameters, try model.parameterCount)
      check("trainable parameters", expected.trainable, try model.trainableCount)
      guard let limit = expected.logitDifference[own] ?? expected.logitDifference[""]
      else { continue }
      for proof in report.proofs where proof.position == position {
        guard let found = proof.logitDifference, !(found <= limit) else { continue }
        sentences.append(
          "\(name): logits may differ by \(Numerals.measured(limit)), and they differ by "
            + Numerals.measured(found))
      }
    }
    return sentences + scores
  }

  private var scores: [String] {
    let found = plan.surgery.steps.flatMap(\.scores)
    return plan.recipe.expectations.scores.sorted { $0.key < $1.key }.compactMap { name, least in
      let own = found.filter { $0.name == name }
      guard let worst = own.map(\.value).min() else {
        let names = Set(found.map(\.name)).sorted().joined(separator: ", ")
        return "no step tells the score '\(escaped(name))'; "
          + (names.isEmpty ? "none tells any" : "there are \(names)")
      }
      guard !(worst >= least) else { return nil }
      return "\(name): at least \(Numerals.measured(least)) is expected, and it is "
        + Numerals.measured(worst)
    }
  }
}
