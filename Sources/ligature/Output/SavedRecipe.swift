internal import CheckpointSurgery
internal import Checkpoints
internal import TensorStorage

/// The recipe that repeats what a verb was asked to do.
struct SavedRecipe {
  /// Where it is written; nil for nowhere.
  let path: String?
  let force: Bool

  /// Refuses a file that is there, or that is read, before anything is done.
  func check(sources: [String]) throws {
    guard let path else { return }
    try OutputPlace(paths: [path], sources: sources).check(overwrites: force)
  }

  /// Writes the recipe of one operation on one model.
  func write(
    _ operation: any DescribedOperation, on source: String, _ options: SurgeryOptions
  ) throws {
    var recipe = Recipe()
    var model = Recipe.Model(named: "model", at: source, options)
    model.config = options.model.config
    model.set = options.model.set
    recipe.models = [model]
    recipe.steps = [.init(operation: operation, models: [model.name])]
    recipe.outputs = [
      .init(
        model: model.name, path: options.destination.destination,
        options: options.changes.options(options.destination, options.work))
    ]
    try write(recipe)
  }

  /// Writes a recipe.
  func write(_ recipe: Recipe) throws {
    guard let path else { return }
    let bytes = try recipe.bytes(for: path)
    let file = try AtomicFile(path: path, byteCount: bytes.count, overwrites: force)
    try file.write(bytes.rawBytes, at: 0)
    try file.commit()
  }
}

extension Recipe.Model {
  /// A model that is read as the flags of a surgery say.
  init(named name: String, at path: String, _ options: SurgeryOptions) {
    self.init()
    self.name = name
    self.path = path
    reading = options.source.reading
    isDetached = options.detach
  }
}
