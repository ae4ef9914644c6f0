internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

extension SurgeryModel {
  /// Adds a tensor under a path of the graph, at the end, with the role of the tensor at `sibling`.
  mutating func add(
    _ tensor: LazyTensor, at path: String, like sibling: String
  ) throws(SurgeryError) {
    let role = entry(at: sibling)?.role ?? .plain
    let entry = Checkpoint.Entry(name: tensorName(path), tensor: tensor, role: role)
    guard checkpoint.append(entry) else {
      throw .nameTaken(model: paths.checkpoint, name: entry.name.text)
    }
  }

  /// Puts another tensor in the place of the one at a path of the graph.
  mutating func replace(_ path: String, with tensor: LazyTensor) {
    guard let position = checkpoint.position(of: tensorName(path)) else { return }
    checkpoint.replaceTensor(at: position, with: tensor)
  }

  /// Says how torch holds the tensor at a path of the graph.
  mutating func setRole(_ role: TensorRole, at path: String) {
    guard let position = checkpoint.position(of: tensorName(path)) else { return }
    checkpoint.setRole(role, at: position)
  }

  /// Removes the tensors at paths of the graph.
  mutating func remove(_ paths: Set<String>) {
    let names = Set(paths.map(tensorName))
    // Removing entries leaves their names unique.
    checkpoint =
      checkpoint.replacingEntries(checkpoint.entries.filter { !names.contains($0.name) })
      ?? checkpoint
  }

  /// Gives an argument of the configuration a value, or its default.
  mutating func set(
    _ argument: String, of place: WrapperPlace, to value: ArgumentValue?
  ) throws(SurgeryError) {
    do { try configuration.set(value, at: place.argumentPath(argument)) } catch {
      throw .graph(error, model: paths.checkpoint)
    }
  }
}
