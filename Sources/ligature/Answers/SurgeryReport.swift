internal import CheckpointSurgery
internal import Checkpoints
internal import TensorStorage
internal import TransformerInference

/// What a surgery did to its models: steps, parameters, and the proof where it was asked for.
struct SurgeryReport: Answer {
  let plan: SurgeryPlan
  /// One for each model, if the models were run.
  var proofs: [Proof] = []

  /// A model run before and after.
  struct Proof {
    var model: String
    var promise: Promise
    var comparison: FunctionComparison

    /// Whether the logits agree as the operation promised.
    var isKept: Bool {
      guard let tolerance = promise.tolerance else { return true }
      return comparison.maximumDifference <= tolerance * max(1, comparison.spread)
    }
  }

  /// Whether every promise is kept.
  var isProven: Bool { proofs.allSatisfy(\.isKept) }

  func write(to page: inout Page) throws {
    for position in plan.before.indices {
      let (before, after) = (plan.before[position], plan.after[position])
      let title = after.name.isEmpty ? "parameters" : "\(escaped(after.name)): parameters"
      let (first, second) = (try before.parameterCount, try after.parameterCount)
      page.line(
        "\(title) \(Numerals.grouped(first)) → \(Numerals.grouped(second))"
          + " (\(second >= first ? "+" : "−")\(Numerals.grouped(abs(second - first))))")
    }
    for proof in proofs { page.line(Self.line(proof)) }
  }

  private static func line(_ proof: Proof) -> String {
    let comparison = proof.comparison
    return (proof.model.isEmpty ? "" : "\(escaped(proof.model)): ")
      + "logits differ by at most \(Numerals.measured(comparison.maximumDifference)) (spread "
      + "\(Numerals.measured(comparison.spread))), KL \(Numerals.measured(comparison.meanDivergence)), "
      + "top-1 agreement \(Numerals.fixed(comparison.topAgreement * 100, decimals: 1)) %"
      + (proof.isKept ? "" : ": NOT as promised")
  }

  func write(to json: inout JSONDocument) throws {
    json.member("surgery", try value)
  }

  /// The facts for programs.
  var value: JSONValue {
    get throws {
      let counts = try plan.before.indices.map { position -> JSONValue in
        [
          "model": .string(plan.after[position].name),
          "before": .int(try plan.before[position].parameterCount),
          "after": .int(try plan.after[position].parameterCount),
        ]
      }
      return [
        "steps": .array(
          plan.steps.map {
            ["verb": .string($0.verb), "facts": .array($0.facts.map { .string($0) })]
          }),
        "parameters": .array(counts),
        "verification": .array(proofs.map(Self.value)),
      ]
    }
  }

  private static func value(_ proof: Proof) -> JSONValue {
    let comparison = proof.comparison
    return [
      "model": .string(proof.model), "kept": .bool(proof.isKept),
      "maxDifference": .double(comparison.maximumDifference),
      "spread": .double(comparison.spread), "meanKL": .double(comparison.meanDivergence),
      "maxKL": .double(comparison.maximumDivergence),
      "topAgreement": .double(comparison.topAgreement),
      "positions": .int(comparison.positionCount),
    ]
  }
}
