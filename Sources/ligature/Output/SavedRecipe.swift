internal import CheckpointSurgery
internal import Checkpoints
internal import TensorStorage

/// The recipe that repeats what a verb was asked to do.
struct SavedRecipe {
  /// Where it is written; nil for nowhere.
  let path: String?
  let force: Bool

  /// Refuses a file that is there before anything is done.
  func check() throws {
    guard let path, !force, try FileSystem.kind(of: path) != .missing else { return }
    throw FileError.exists(file: path)
  }

  /// Writes the recipe of one operation on one model.
  func write(
    _ operation: any DescribedOperation, on source: String, _ options: SurgeryOptions
  ) throws {
    guard let path else { return }
    var recipe = Recipe()
    var model = Recipe.Model()
    model.name = "model"
    model.path = source
    model.config = options.model.config
    model.set = options.model.set
    model.reading = options.source.reading
    recipe.models = [model]
    recipe.steps = [.init(operation: operation, models: [model.name])]
    recipe.outputs = [
      .init(
        model: model.name, path: options.destination.destination,
        options: options.changes.options(options.destination, options.work))
    ]
    let bytes = try recipe.bytes(for: path)
    let file = try AtomicFile(path: path, byteCount: bytes.count, overwrites: force)
    try file.write(bytes.rawBytes, at: 0)
    try file.commit()
  }
}
