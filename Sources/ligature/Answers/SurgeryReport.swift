internal import CheckpointSurgery
internal import Checkpoints
internal import TensorStorage
internal import TransformerInference

/// What a surgery did to its models: steps, parameters, and the proof where it was asked for.
struct SurgeryReport: Answer {
  let plan: SurgeryPlan
  /// The models that are told of; nil for all.
  var positions: Set<Int>?
  /// One for each model, if the models were run.
  var proofs: [Proof] = []

  /// What was found of a promise.
  struct Proof {
    /// Where the model stands in the plan.
    var position: Int
    var model: String
    var promise: Promise
    var outcome: Outcome

    /// How it was looked for.
    enum Outcome {
      /// The model was run before and after.
      case function(FunctionComparison)
      /// Tensors were compared; the name of one that is another afterwards.
      case bytes(String?)
    }

    /// The largest difference of two logits; 0 where no tensor is another, nil where that is not known.
    var logitDifference: Double? {
      switch outcome {
      case .bytes(let changed): changed == nil ? 0 : nil
      case .function(let comparison): comparison.maximumDifference
      }
    }

    /// Whether it is as the operation promised.
    var isKept: Bool {
      switch outcome {
      case .bytes(let changed): changed == nil
      case .function(let comparison):
        promise.isKept(
          difference: comparison.maximumDifference, spread: comparison.spread)
      }
    }
  }

  /// Whether every promise is kept.
  var isProven: Bool { proofs.allSatisfy(\.isKept) }

  private var reported: [Int] {
    plan.before.indices.filter { positions?.contains($0) ?? true }
  }

  /// What was verified, for programs.
  var verification: JSONValue { .array(proofs.map(Self.value)) }

  // So many tensors explain a difference; the rest is counted.
  private static let listedChangeCount = 4

  func write(to page: inout Page) throws {
    for position in reported {
      let (before, after) = (plan.before[position], plan.after[position])
      let title = after.name.isEmpty ? "parameters" : "\(escaped(after.name)): parameters"
      let (first, second) = (try before.parameterCount, try after.parameterCount)
      page.line(
        "\(title) \(Numerals.grouped(first)) → \(Numerals.grouped(second))"
          + " (\(Self.signed(second - first)))"
          + Self.reason(try plan.countChanges(of: position)))
      let trainable = (try before.trainableCount, try after.trainableCount)
      if trainable.0 != trainable.1, trainable != (first, second) {
        page.line(
          "trainable \(Numerals.grouped(trainable.0)) → \(Numerals.grouped(trainable.1))")
      }
    }
    for proof in proofs { page.line(Self.line(proof)) }
  }

  private static func signed(_ count: Int) -> String {
    "\(count >= 0 ? "+" : "−")\(Numerals.grouped(abs(count)))"
  }

  private static func reason(_ changes: [SurgeryPlan.CountChange]) -> String {
    if changes.isEmpty { return "" }
    var parts = changes.prefix(listedChangeCount).map {
      "\(escaped($0.path)) \(signed($0.difference))"
    }
    let rest = changes.count - parts.count
    if rest > 0 { parts.append("and \(rest) more") }
    return ": " + parts.joined(separator: ", ")
  }

  private static func line(_ proof: Proof) -> String {
    let title = proof.model.isEmpty ? "" : "\(escaped(proof.model)): "
    let verdict = proof.isKept ? "" : ": NOT as promised"
    switch proof.outcome {
    case .bytes(let changed):
      return title
        + (changed.map { "'\(escaped($0))' is another tensor" } ?? "every tensor is the same")
        + verdict
    case .function(let comparison):
      return title
        + "logits differ by at most \(Numerals.measured(comparison.maximumDifference)) (spread "
        + "\(Numerals.measured(comparison.spread))), KL "
        + "\(Numerals.measured(comparison.meanDivergence)), top-1 agreement "
        + "\(Numerals.fixed(comparison.topAgreement * 100, decimals: 1)) %" + verdict
    }
  }

  func write(to json: inout JSONDocument) throws {
    json.member("surgery", try value)
  }

  /// The facts for programs.
  var value: JSONValue {
    get throws {
      let counts = try reported.map { position -> JSONValue in
        [
          "model": .string(plan.after[position].name),
          "before": .int(try plan.before[position].parameterCount),
          "after": .int(try plan.after[position].parameterCount),
          "trainableBefore": .int(try plan.before[position].trainableCount),
          "trainableAfter": .int(try plan.after[position].trainableCount),
          "changes": .array(
            try plan.countChanges(of: position).map {
              ["path": .string($0.path), "difference": .int($0.difference)]
            }),
        ]
      }
      return [
        "steps": .array(
          plan.steps.map {
            ["verb": .string($0.verb), "facts": .array($0.facts.map { .string($0) })]
          }),
        "parameters": .array(counts),
        "verification": verification,
      ]
    }
  }

  private static func value(_ proof: Proof) -> JSONValue {
    let head: [JSONValue.Member] = [
      .init("model", .string(proof.model)), .init("kept", .bool(proof.isKept)),
    ]
    switch proof.outcome {
    case .bytes(let changed):
      return .object(head + [.init("changed", changed.map { .string($0) } ?? .null)])
    case .function(let comparison):
      return .object(
        head + [
          .init("maxDifference", .double(comparison.maximumDifference)),
          .init("spread", .double(comparison.spread)),
          .init("meanKL", .double(comparison.meanDivergence)),
          .init("maxKL", .double(comparison.maximumDivergence)),
          .init("topAgreement", .double(comparison.topAgreement)),
          .init("positions", .int(comparison.positionCount)),
        ])
    }
  }
}
