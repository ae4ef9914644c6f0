public import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// Says of parameters that training does not change them, or that it does.
///
/// In a `.pt` file every parameter becomes a `torch.nn.Parameter` with its `requires_grad`; for any format the
/// configuration beside it lists the others under `frozen`. Not a byte of a tensor changes.
public struct Freeze: SurgeryOperation {
  /// The verb.
  public static let verb = "freeze"

  /// The names that are frozen.
  public var names: [NamePattern]
  /// The names that are not, whatever `names` say.
  public var exceptions: [NamePattern]

  /// Freezes what `names` match, and unfreezes what `exceptions` match.
  public init(names: [NamePattern], exceptions: [NamePattern] = []) {
    self.names = names
    self.exceptions = exceptions
  }

  /// The plan for one model or more.
  public func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    if names.isEmpty, exceptions.isEmpty {
      throw .parameter(
        verb: Self.verb, reason: "a GLOB of names to freeze is needed, or --unfreeze")
    }
    var after = models
    var facts: [String] = []
    for position in after.indices { facts.append(try freeze(&after[position])) }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(
        verb: Self.verb, promises: models.map { _ in Promise(.bytes) }, facts: facts))
  }

  private func freeze(_ model: inout SurgeryModel) throws(SurgeryError) -> String {
    let parameters = try model.graph().slots.filter { !$0.parameter.isBuffer }
    try requireMatches(among: parameters.map { model.tensorName($0.path) }, of: model)
    // Names of one parameter have one flag: what is said of one is said of all.
    var frozen: Set<ObjectIdentifier> = []
    var unfrozen: Set<ObjectIdentifier> = []
    for slot in parameters {
      let name = model.tensorName(slot.path)
      let parameter = ObjectIdentifier(slot.parameter)
      if names.contains(where: { $0.matches(name) }) { frozen.insert(parameter) }
      if exceptions.contains(where: { $0.matches(name) }) { unfrozen.insert(parameter) }
    }
    for slot in parameters {
      let parameter = ObjectIdentifier(slot.parameter)
      let isTrainable =
        unfrozen.contains(parameter)
        || (!frozen.contains(parameter) && slot.parameter.isTrainable)
      model.setRole(.parameter(requiresGrad: isTrainable), at: slot.path)
    }
    return "\(try model.trainableCount) of \(try model.parameterCount) parameters are trainable"
  }

  /// Refuses a pattern that matches nothing: it is misspelt.
  private func requireMatches(
    among candidates: [TensorName], of model: SurgeryModel
  ) throws(SurgeryError) {
    for pattern in names + exceptions where !candidates.contains(where: pattern.matches) {
      let nearest = NearestName.of(pattern.text, among: candidates.map(\.text))
      throw .unsuitable(
        model: model.paths.checkpoint, verb: Self.verb,
        reason: "no parameter matches '\(escaped(pattern.text))'"
          + (nearest.map { "; did you mean '\(escaped($0))'?" } ?? ""))
    }
  }
}
