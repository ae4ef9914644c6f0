package import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// A recipe with its models: what they were, and what they will be.
package struct RecipePlan: Sendable {
  /// The recipe.
  package let recipe: Recipe
  /// All of its steps, on all of its models.
  package let surgery: SurgeryPlan
  /// What models of bundles do not share any more, in sentences.
  package let detachments: [String]
  /// The checkpoints as they were read, in the order of the models.
  let sources: [Checkpoint]

  /// Opens the models of a recipe and plans its steps; reads what the operations decide by, and writes nothing.
  package init(_ recipe: Recipe) throws(SurgeryError) {
    self.recipe = recipe
    var sources: [Checkpoint] = []
    var models: [SurgeryModel] = []
    for model in recipe.models {
      let checkpoint: Checkpoint
      do {
        checkpoint = try Checkpoint.open(model.path, options: model.reading)
        try checkpoint.requireUnchangedPool()
      } catch { throw .format(error) }
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
    detachments = try plan.settlingPools(
      detached: Set(recipe.models.indices.filter { recipe.models[$0].isDetached }))
  }

  /// The models that are written, by where they stand among the models.
  package var written: [(name: String, position: Int)] {
    zip(recipe.writtenModels, recipe.positions(of: recipe.writtenModels)).map { ($0, $1) }
  }

  /// What the changes on the way are of each model that is written.
  package var conversions: [Int: ConversionOptions] {
    var conversions: [Int: ConversionOptions] = [:]
    for output in recipe.outputs {
      for position in recipe.positions(of: [output.model]) {
        conversions[position] = output.options
      }
    }
    guard let bundle = recipe.bundle else { return conversions }
    for position in recipe.positions(of: bundle.models) { conversions[position] = bundle.options }
    return conversions
  }

  /// All files of a recipe, which become visible together, and what each checkpoint of them is.
  package struct Files: Sendable {
    /// One plan.
    package var whole: WritePlan
    /// Where each checkpoint is, and what is written there.
    package var parts: [(path: String, plan: WritePlan)]
  }

  /// What writing the models means.
  ///
  /// - Parameters:
  ///   - tool: The tool and its version, for the manifest of a bundle.
  ///   - companions: Files that go with each of them, besides its configuration.
  /// - Returns: One plan of all files.
  /// - Throws: `format` with what planning throws, `recipe` where two outputs have one path, `bundle`.
  package func files(
    tool: String, with companions: [CompanionFile]
  ) throws(SurgeryError) -> Files {
    let sources = recipe.sourceFiles(self.sources)
    var parts: [(title: String, path: String, plan: WritePlan)] = []
    for output in recipe.outputs {
      for position in recipe.positions(of: [output.model]) {
        let plan = try plan(position, output, companions, sources)
        parts.append(("\(output.model): ", output.path, plan))
      }
    }
    try refuseCollisions(of: parts)
    if parts.count == 1, recipe.bundle == nil {
      return Files(whole: parts[0].plan, parts: [(parts[0].path, parts[0].plan)])
    }
    return try joined(parts, tool: tool, companions, sources)
  }

  private func plan(
    _ position: Int, _ output: Recipe.Output, _ companions: [CompanionFile], _ sources: [String]
  ) throws(SurgeryError) -> WritePlan {
    let model = surgery.after[position]
    var options = output.options
    options.companions = [model.configurationFile] + companions
    options.otherSources = sources
    do { return try model.checkpoint.plan(writingTo: output.path, options: options) } catch {
      throw .format(error)
    }
  }

  private func joined(
    _ parts: [(title: String, path: String, plan: WritePlan)], tool: String,
    _ companions: [CompanionFile], _ sources: [String]
  ) throws(SurgeryError) -> Files {
    var plans = parts.map { (title: $0.title, plan: $0.plan) }
    var checked = parts.map { (path: $0.path, plan: $0.plan) }
    var options = recipe.outputs.first?.options ?? ConversionOptions()
    var last: [(file: CompanionFile, path: String)] = []
    if let bundle = recipe.bundle {
      options = bundle.options
      let plan = try self.bundle(bundle).plan(
        writingTo: bundle.path, link: bundle.link ?? .hard, tool: tool, options: options)
      plans.append(("", plan.whole))
      checked += plan.parts
      let root = bundle.path.hasSuffix("/") ? bundle.path : bundle.path + "/"
      last = companions.map { ($0, root + $0.name) }
    }
    options.allowsOverflow = plans.contains { $0.plan.permitsOverflow }
    do {
      let whole = try WritePlan(
        plans, directories: [], last: last.map(\.file), at: last.map(\.path), sources: sources,
        options: options)
      return Files(whole: whole, parts: checked)
    } catch { throw .format(error) }
  }

  /// The models of a bundle, with the weights of the last tie that had some.
  private func bundle(_ output: Recipe.BundleOutput) throws(SurgeryError) -> Bundle {
    let ties = recipe.steps.compactMap { $0.operation as? TieRequest }
    let weights = ties.last { !$0.weights.isEmpty }?.weights ?? [:]
    var members: [Bundle.Member] = []
    for position in recipe.positions(of: output.models) {
      var model = surgery.after[position]
      model.name = recipe.models[position].name
      var member = Bundle.Member(model)
      member.isFrozen = output.frozen.contains(model.name)
      member.embeddingWeight = weights[model.name] ?? 1
      members.append(member)
    }
    return try Bundle(members)
  }

  private func refuseCollisions(
    of parts: [(title: String, path: String, plan: WritePlan)]
  ) throws(SurgeryError) {
    var taken: Set<String> = []
    for path in parts.flatMap({ $0.plan.files.map(\.path) }) where !taken.insert(path).inserted {
      throw .recipe(
        file: recipe.file, line: 0,
        reason: "two outputs would both be written to \(escaped(path))")
    }
  }
}

extension Recipe {
  fileprivate func positions(of names: [String]) -> [Int] {
    names.compactMap { name in models.firstIndex { $0.name == name } }
  }

  /// Every file that is read, which no output may replace.
  fileprivate func sourceFiles(_ sources: [Checkpoint]) -> [String] {
    sources.flatMap(\.source.allFiles) + models.compactMap(\.config) + [file]
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
