internal import Checkpoints
internal import TensorStorage
public import TransformerGraph

/// Rewrites a model so that another release of x-transformers loads it strictly and computes the same.
///
/// Names, offsets of gains, the order of rotary pairs and the values that changed their default are rewritten, and the
/// configuration with them. What the other release cannot hold is refused by name; where a bias can be moved into
/// another exactly, it is.
public struct Migrate: SurgeryOperation {
  /// The verb.
  public static let verb = "migrate"

  /// The release that is to load the model.
  public var release: Dialect

  /// A migration to a release.
  public init(to release: Dialect) { self.release = release }

  /// The plan for each model.
  public func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    var after = models
    var facts: [String] = []
    for position in after.indices { facts += try migrate(&after[position]) }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(
        verb: Self.verb, promises: models.map { _ in Promise(.rounding) }, facts: facts))
  }

  private func migrate(_ model: inout SurgeryModel) throws(SurgeryError) -> [String] {
    for argument in ["x_transformers", "heads", "tie_embedding"] {
      try model.requireDecided(argument)
    }
    let source = try model.graph()
    let from = model.configuration.dialect
    let strays = source.report(on: model.checkpoint).unexpected
    if let stray = strays.first {
      throw .unsuitable(
        model: model.paths.checkpoint, verb: Self.verb,
        reason: "its tensor '\(escaped(stray.name))' has no place in the model"
          + (strays.count > 1 ? ", nor have \(strays.count - 1) others" : "")
          + ", so that \(release) could not load it strictly; convert --exclude leaves it out")
    }
    var notes = MigrationNotes()
    var calls = ConfigurationMigration(from: from, to: release, notes: notes)
    let configuration = calls.migrated(model.configuration, source)
    notes = calls.notes
    try refuse(notes, model)
    let target: ModelGraph
    do { target = try ModelGraph(configuration, seed: 0) } catch {
      throw .graph(error, model: model.paths.checkpoint)
    }
    var tensors = TensorMigration(source: source, target: target, notes: notes)
    do { try tensors.pairModels() } catch { throw .format(error) }
    try refuse(tensors.notes, model)
    model.checkpoint = try rewritten(model, source, target, tensors)
    model.configuration = configuration
    return ["\(from) → \(release)"] + tensors.notes.facts
  }

  private func refuse(_ notes: MigrationNotes, _ model: SurgeryModel) throws(SurgeryError) {
    guard !notes.problems.isEmpty else { return }
    throw .notRepresentable(
      model: model.paths.checkpoint, release: release.description,
      reasons: notes.problems.map(\.text), isMeasured: notes.problems.allSatisfy(\.isMeasured))
  }

  /// The target's tensors in its order, under the prefix that the checkpoint had.
  private func rewritten(
    _ model: SurgeryModel, _ source: ModelGraph, _ target: ModelGraph, _ tensors: TensorMigration
  ) throws(SurgeryError) -> Checkpoint {
    let roles = Dictionary(
      source.slots.compactMap { slot in
        model.entry(at: slot.path).map { (ObjectIdentifier(slot.parameter), $0.role) }
      }, uniquingKeysWith: { first, _ in first })
    // A buffer is no parameter; a new parameter is held as the others are.
    let usual = model.checkpoint.entries.first { $0.role != .plain }?.role ?? .plain
    var entries: [Checkpoint.Entry] = []
    for slot in target.slots {
      guard let made = tensors.made[ObjectIdentifier(slot.parameter)] else {
        throw .incomplete(model: model.paths.checkpoint, path: slot.path, reason: .missing)
      }
      let role = made.source.flatMap { roles[$0] } ?? (slot.parameter.isBuffer ? .plain : usual)
      entries.append(
        Checkpoint.Entry(name: model.tensorName(slot.path), tensor: made.tensor, role: role))
    }
    guard let checkpoint = model.checkpoint.replacingEntries(entries) else {
      throw .unsuitable(
        model: model.paths.checkpoint, verb: Self.verb, reason: "two tensors would have one name")
    }
    return checkpoint
  }
}
