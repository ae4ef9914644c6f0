package import Checkpoints
internal import TensorStorage

/// A tensor of a bundle's pool that a surgery changes for some of the models that share it, and not for the others.
package struct PooledChange: Equatable, Sendable {
  /// Where the model stands among those of the surgery.
  package var position: Int
  /// The tensor's name in it.
  package var name: TensorName
  /// The models of the bundle that share it and keep it as it is.
  package var others: [String]

  /// What a user is told who agreed.
  package var fact: String {
    "'\(escaped(name.text))' is shared with \(others.map { "'\(escaped($0))'" }.joined(separator: ", ")) no more"
  }
}

extension PooledChange {
  /// All of a surgery, from the checkpoints before and after.
  ///
  /// A tensor that another name keeps is not changed, nor is one that all models that share it get alike.
  package static func all(
    from before: [Checkpoint], to after: [Checkpoint]
  ) -> [PooledChange] {
    before.indices.flatMap { position -> [PooledChange] in
      guard let bundle = before[position].source.bundle else { return [] }
      return bundle.model.fileOfTensor.keys.sorted().compactMap { name in
        guard let tensor = before[position][name],
          !after[position].entries.contains(where: { $0.tensor.isSameView(as: tensor) })
        else { return nil }
        let changed = after[position][name]
        let others = bundle.others(sharing: name).filter { other in
          !follows(other, of: bundle, name, to: changed, from: before, after)
        }
        return others.isEmpty ? nil : .init(position: position, name: name, others: others)
      }
    }
  }

  /// Whether the model `other` of the bundle is in the surgery too and has the same tensor afterwards.
  private static func follows(
    _ other: String, of bundle: BundleMembership, _ name: TensorName, to changed: LazyTensor?,
    from before: [Checkpoint], _ after: [Checkpoint]
  ) -> Bool {
    guard let changed, let file = bundle.model.fileOfTensor[name] else { return false }
    return before.indices.contains { position in
      guard let own = before[position].source.bundle, own.isOfSameBundle(as: bundle),
        own.model.name == other,
        let ownName = own.model.fileOfTensor.first(where: { $0.value == file })?.key
      else { return false }
      return after[position][ownName]?.isSameView(as: changed) ?? false
    }
  }
}

extension SurgeryPlan {
  /// Refuses to change a tensor of a bundle's pool for some of its models only, unless those are to have one of
  /// their own.
  ///
  /// - Parameter detached: The models, by position, for which it may be changed alone.
  /// - Returns: What is not shared any more, in sentences.
  /// - Throws: `bundle` with the first tensor that would be changed.
  package func settlingPools(detached: Set<Int>) throws(SurgeryError) -> [String] {
    let changes = PooledChange.all(from: before.map(\.checkpoint), to: after.map(\.checkpoint))
    if let change = changes.first(where: { !detached.contains($0.position) }) {
      throw .bundle(
        .pooled(
          model: before[change.position].paths.checkpoint, name: change.name.text,
          others: change.others))
    }
    return changes.map(\.fact)
  }
}
