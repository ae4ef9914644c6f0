public import Checkpoints

extension Checkpoint {
  /// The names of buffers, where the checkpoint is a model of x-transformers; nil where it is not known to be one.
  ///
  /// `path` is where it was read from: a configuration beside it is used, else names and shapes are.
  public func knownBuffers(path: String) -> Set<TensorName>? {
    guard entries.count <= Self.largestModel, entries.contains(where: { $0.name.isOfALayer }),
      let configured = try? ConfiguredCheckpoint(self, path: path),
      let graph = try? configured.graph()
    else { return nil }
    // A graph that most names do not fit says nothing about the file.
    guard graph.report(on: self).isComplete else { return nil }
    let buffers = graph.slots.filter(\.parameter.isBuffer)
    return Set(buffers.map { TensorName(configured.prefix + $0.path) })
  }

  // Beyond so many tensors the file is no model of x-transformers, and looking would cost more than it tells.
  private static let largestModel = 20_000
}

extension TensorName {
  /// Whether x-transformers gives such names to the tensors of its layers.
  fileprivate var isOfALayer: Bool { text.contains("layers.0.1.") }
}
