internal import Checkpoints
internal import TensorStorage

/// What a surgery makes of its models, before a byte is written.
///
/// A value: it can be shown, verified by running the models before and after, continued by another
/// operation, and carried out.
public struct SurgeryPlan: Sendable {
  /// The models as they were, in their order.
  public let before: [SurgeryModel]
  /// The models as they will be, in the same order.
  public let after: [SurgeryModel]
  /// What was done, in order.
  public let steps: [Step]

  /// One operation's part.
  public struct Step: Sendable {
    /// The operation's verb.
    public var verb: String
    /// What the operation preserves of each model, in the order of the models.
    public var promises: [Promise]
    /// What was found and decided, each a sentence.
    public var facts: [String]
    /// Numbers that say how well it went, as `held-out-cosine`; recipes can ask for a least value.
    public var scores: [Score]

    /// A number and what it is.
    public struct Score: Hashable, Sendable {
      /// The name, as recipes have it.
      public var name: String
      /// The number; more is better.
      public var value: Double

      /// A score.
      public init(_ name: String, _ value: Double) {
        self.name = name
        self.value = value
      }
    }

    /// A step.
    public init(verb: String, promises: [Promise], facts: [String], scores: [Score] = []) {
      self.verb = verb
      self.promises = promises
      self.facts = facts
      self.scores = scores
    }
  }

  /// The plan of one operation.
  public init(before: [SurgeryModel], after: [SurgeryModel], step: Step) {
    precondition(before.count == after.count && before.count == step.promises.count)
    self.before = before
    self.after = after
    steps = [step]
  }

  /// The plan that leaves models as they are.
  public init(of models: [SurgeryModel]) {
    self.init(before: models, after: models, steps: [])
  }

  private init(before: [SurgeryModel], after: [SurgeryModel], steps: [Step]) {
    self.before = before
    self.after = after
    self.steps = steps
  }

  /// The plan that goes on with `operation` where this one ends.
  public func followed(by operation: some SurgeryOperation) throws(SurgeryError) -> SurgeryPlan {
    let next = try operation.plan(for: after)
    return SurgeryPlan(before: before, after: next.after, steps: steps + next.steps)
  }

  /// The plan that goes on with `operation` on some of the models only.
  ///
  /// - Parameters:
  ///   - operation: What is done.
  ///   - positions: The models, in the order in which the operation takes them.
  /// - Returns: The plan of all models.
  /// - Throws: What the operation's `plan(for:)` throws.
  public func followed(
    by operation: any SurgeryOperation, on positions: [Int]
  ) throws(SurgeryError) -> SurgeryPlan {
    let next = try operation.plan(for: positions.map { after[$0] })
    var models = after
    var step = next.steps[0]
    step.promises = models.map { _ in Promise(.bytes) }
    for (position, (model, promise)) in zip(positions, zip(next.after, next.promises)) {
      models[position] = model
      step.promises[position] = promise
    }
    return SurgeryPlan(before: before, after: models, steps: steps + [step])
  }

  /// What all steps together preserve of each model.
  public var promises: [Promise] {
    before.indices.map { position in
      steps.reduce(Promise(.bytes)) { $0.followed(by: $1.promises[position]) }
    }
  }

  /// The name of a tensor of model `position` that is not the very same afterwards, or is on one side only;
  /// nil if all are.
  public func changedTensor(of position: Int) -> String? {
    let (old, new) = (before[position].checkpoint, after[position].checkpoint)
    for entry in new.entries {
      guard let tensor = old[entry.name], tensor.isSameView(as: entry.tensor) else {
        return entry.name.text
      }
    }
    return old.entries.first { new[$0.name] == nil }?.name.text
  }
}
