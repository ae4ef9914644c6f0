public import Checkpoints
internal import TensorStorage

extension Checkpoint {
  /// Gives every tensor that shares bytes with another one, and whose name matches, bytes of its own.
  ///
  /// No configuration is needed: any alias group will do. The last of a group to keep the shared bytes has
  /// them for itself.
  ///
  /// - Returns: The names that were separated, in order.
  @discardableResult
  public mutating func detachNames(matching patterns: [NamePattern]) -> [TensorName] {
    self = resolvingNotes()
    var detached: [TensorName] = []
    for group in aliasGroups() {
      let matching = group.filter { position in
        patterns.contains { $0.matches(entries[position].name) }
      }
      // Where all are meant, the first may keep the bytes: nobody else is left.
      for position in matching.count == group.count ? Array(matching.dropFirst()) : matching {
        detach(position)
        detached.append(entries[position].name)
      }
    }
    return detached
  }

  /// Gives entry `position` bytes of its own.
  mutating func detach(_ position: Int) {
    replaceTensor(at: position, with: entries[position].tensor.detached)
  }
}
