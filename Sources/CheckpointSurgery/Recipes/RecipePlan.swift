package import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// A recipe with its models: what they were, and what they will be.
package struct RecipePlan: Sendable {
  /// The recipe.
  package let recipe: Recipe
  /// All of its steps, on all of its models.
  package let surgery: SurgeryPlan
  /// The checkpoints as they were read, in the order of the models.
  let sources: [Checkpoint]

  /// Opens the models of a recipe and plans its steps; reads what the operations decide by, and writes nothing.
  package init(_ recipe: Recipe) throws(SurgeryError) {
    self.recipe = recipe
    var sources: [Checkpoint] = []
    var models: [SurgeryModel] = []
    for model in recipe.models {
      let checkpoint: Checkpoint
      do { checkpoint = try Checkpoint.open(model.path, options: model.reading) } catch {
        throw .format(error)
      }
      sources.append(checkpoint)
      models.append(
        try SurgeryModel(checkpoint, model, name: recipe.models.count == 1 ? "" : model.name))
    }
    self.sources = sources
    var plan = SurgeryPlan(of: models)
    for step in recipe.steps {
      plan = try plan.followed(by: step.operation, on: recipe.positions(of: step.models))
    }
    surgery = plan
  }

  /// Where a model of the recipe stands among its models.
  package func position(of output: Recipe.Output) -> Int {
    recipe.positions(of: [output.model]).first ?? 0
  }

  /// What writing the models means, each a plan of its own.
  ///
  /// - Parameter companions: Files that go with each of them, besides its configuration.
  /// - Returns: A plan for each output of the recipe, in its order.
  /// - Throws: `format` with what planning throws, `recipe` where two outputs have one path.
  package func writePlans(with companions: [CompanionFile]) throws(SurgeryError) -> [WritePlan] {
    var plans: [WritePlan] = []
    for output in recipe.outputs {
      let model = surgery.after[position(of: output)]
      var options = output.options
      options.companions = [model.configurationFile] + companions
      options.otherSources = recipe.sourceFiles(sources)
      do {
        plans.append(
          try model.checkpoint.plan(writingTo: output.path, options: options))
      } catch { throw .format(error) }
    }
    try refuseCollisions(of: plans)
    return plans
  }

  private func refuseCollisions(of plans: [WritePlan]) throws(SurgeryError) {
    var owners: [String: String] = [:]
    for (plan, output) in zip(plans, recipe.outputs) {
      for file in plan.files {
        if let first = owners.updateValue(output.model, forKey: file.path) {
          throw .recipe(
            file: recipe.file, line: 0,
            reason: "'\(escaped(first))' and '\(escaped(output.model))' would both be written to "
              + escaped(file.path))
        }
      }
    }
  }
}

extension Recipe {
  fileprivate func positions(of names: [String]) -> [Int] {
    names.compactMap { name in models.firstIndex { $0.name == name } }
  }

  /// Every file that is read, which no output may replace.
  fileprivate func sourceFiles(_ sources: [Checkpoint]) -> [String] {
    sources.flatMap(\.source.files) + models.compactMap(\.config) + [file]
      + steps.flatMap(\.operation.filePaths)
  }
}

extension SurgeryModel {
  fileprivate init(
    _ checkpoint: Checkpoint, _ model: Recipe.Model, name: String
  ) throws(SurgeryError) {
    do {
      self.init(
        try ConfiguredCheckpoint(
          checkpoint, path: model.path, configurationPath: model.config, assignments: model.set),
        path: model.path, name: name)
    } catch { throw .graph(error, model: model.path) }
  }
}
