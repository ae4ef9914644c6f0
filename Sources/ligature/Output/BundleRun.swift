internal import CheckpointSurgery
internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// `ligature tie` with several models: opens each, ties them, and writes them together.
struct BundleRun {
  let command: TieCommand

  /// A model as it was given.
  private struct Source {
    var name: String
    var path: String
    /// What it is to x-transformers; nil for a model of another library.
    var model: SurgeryModel?
    var checkpoint: Checkpoint
    var companions: [CompanionFile]
  }

  /// Ties and writes; then writes the recipe that does the same, if it is asked for.
  func run(on console: Console) throws -> ExitStatus {
    let destination = command.options.destination
    let recipe = SavedRecipe(path: command.options.saveRecipe, force: destination.force)
    try recipe.check(sources: command.sources.map { Self.split($0).path })
    if recipe.path != nil, try !Self.isDirectory(destination.destination) {
      throw UsageError.conflict("--save-recipe: a recipe writes a bundle as a directory")
    }
    let status = try tie(on: console)
    if status == .success, !destination.dryRun { try recipe.write(self.recipe) }
    return status
  }

  private var recipe: Recipe {
    var recipe = Recipe()
    for word in command.sources {
      let (name, path) = Self.split(word)
      var model = Recipe.Model(named: name, at: path, command.options)
      model.set = assignments(for: name)
      recipe.models.append(model)
    }
    var request = command.tying.request
    request.tensor = command.bundle.tensor
    request.rank = command.rank
    let names = recipe.models.map(\.name)
    recipe.steps = [.init(operation: request, models: names)]
    var bundle = Recipe.BundleOutput()
    bundle.path = command.options.destination.destination
    bundle.models = names
    bundle.link = command.bundle.link
    bundle.frozen = command.bundle.freeze
    recipe.bundle = bundle
    return recipe
  }

  private func tie(on console: Console) throws -> ExitStatus {
    let sources = try command.sources.map { try open($0, on: console) }
    let models = sources.compactMap(\.model)
    if models.count == sources.count {
      let plan = try TieModels(
        policy: command.tying.policy, weights: try weights(for: sources),
        tensor: command.bundle.tensor, rank: command.rank
      ).plan(for: models)
      let detached = command.options.detach ? Set(models.indices) : []
      for fact in try plan.settlingPools(detached: detached) { console.remark(fact) }
      let members = zip(plan.after, sources).map { model, source in
        Bundle.Member(model, companions: source.companions)
      }
      let bundle = try settled(Bundle(members), sources)
      return try SurgeryRun(plan: plan, probes: command.options.probes).run(
        try writing(bundle), on: console)
    }
    let members = sources.map {
      Bundle.Member(name: $0.name, checkpoint: $0.checkpoint, companions: $0.companions)
    }
    let (bundle, facts) = try Bundle(members).sharingTable(
      named: command.bundle.tensor, policy: command.tying.policy, weights: weights(for: sources))
    for fact in facts { console.remark(fact) }
    try settlePools(sources, bundle, on: console)
    return try writing(settled(bundle, sources)).run(on: console)
  }

  /// The same as `settlingPools` for models of other libraries.
  private func settlePools(_ sources: [Source], _ bundle: Bundle, on console: Console) throws {
    let changes = PooledChange.all(
      from: sources.map(\.checkpoint), to: bundle.members.map(\.checkpoint))
    if let first = changes.first, !command.options.detach {
      throw SurgeryError.bundle(
        .pooled(
          model: sources[first.position].path, name: first.name.text, others: first.others))
    }
    for change in changes { console.remark(change.fact) }
  }

  // MARK: - Opening

  private func open(_ word: String, on console: Console) throws -> Source {
    let (name, path) = Self.split(word)
    let checkpoint = try command.options.source.open(path)
    try checkpoint.requireUnchangedPool()
    var source = Source(
      name: name, path: path, checkpoint: checkpoint.resolvingNotes(),
      companions: try CompanionFile.files(besideTensorsIn: path))
    do {
      let configured = try ConfiguredCheckpoint(
        checkpoint, path: path, assignments: assignments(for: name))
      for hint in configured.hints { console.remark("\(escaped(name)): \(hint)") }
      source.model = SurgeryModel(configured, path: path, name: name)
    } catch GraphError.impossible {
      // A model of another library: its tensors are all that is known of it.
    }
    return source
  }

  /// `NAME=PATH`, or a path, whose last component without its suffix is the name.
  private static func split(_ word: String) -> (name: String, path: String) {
    if let sign = word.firstIndex(of: "="), !word[..<sign].contains("/") {
      return (String(word[..<sign]), String(word[word.index(after: sign)...]))
    }
    let last = word.split(separator: "/").last.map(String.init) ?? word
    guard let format = last.lastIndex(of: "."), OutputFormat(suffixOf: last) != nil else {
      return (last, word)
    }
    return (String(last[..<format]), word)
  }

  /// Assignments that begin with the model's name and a dot are its own; the others are everyone's.
  private func assignments(for name: String) -> [String] {
    let names = command.sources.map { Self.split($0).name }
    return command.options.model.set.compactMap { assignment in
      guard let owner = names.first(where: { assignment.hasPrefix("\($0).") }) else {
        return assignment
      }
      return owner == name ? String(assignment.dropFirst(name.count + 1)) : nil
    }
  }

  // MARK: - Options that name models

  private func weights(for sources: [Source]) throws -> [String: Double] {
    var weights: [String: Double] = [:]
    for (name, value) in command.tying.weight {
      try require(name, "--weight", among: sources)
      weights[name] = value
    }
    return weights
  }

  private func settled(_ bundle: Bundle, _ sources: [Source]) throws -> Bundle {
    var bundle = bundle
    let weights = try weights(for: sources)
    for name in command.bundle.freeze { try require(name, "--freeze", among: sources) }
    for position in bundle.members.indices {
      let name = bundle.members[position].name
      bundle.members[position].embeddingWeight = weights[name] ?? 1
      bundle.members[position].isFrozen = command.bundle.freeze.contains(name)
    }
    return bundle
  }

  private func require(_ name: String, _ option: String, among sources: [Source]) throws {
    guard !sources.contains(where: { $0.name == name }) else { return }
    let names = sources.map { "'\(escaped($0.name))'" }.joined(separator: ", ")
    throw UsageError.conflict(
      "\(option) \(escaped(name)): no model has that name; they are \(names)")
  }

  // MARK: - Writing

  private func writing(_ bundle: Bundle) throws -> Writing {
    let options = command.options
    let destination = options.destination.destination
    var conversion = options.changes.options(options.destination, options.work)
    if try Self.isDirectory(destination) {
      let plan = try bundle.plan(
        writingTo: destination, link: command.bundle.link, tool: Version.text,
        options: conversion)
      return Writing(
        plan: plan.whole, destination: options.destination, listsAll: options.listing.all,
        parts: plan.parts)
    }
    let (checkpoint, configuration) = try bundle.inOneFile()
    if let configuration {
      conversion.companions.append(
        CompanionFile(name: "ligature.json", bytes: configuration.json()))
    }
    return Writing(
      plan: try checkpoint.plan(writingTo: destination, options: conversion),
      destination: options.destination, listsAll: options.listing.all)
  }

  /// A directory is what a path is that ends in a slash, is one, or has no suffix of a format.
  private static func isDirectory(_ path: String) throws -> Bool {
    if path.hasSuffix("/") { return true }
    if try FileSystem.kind(of: path) == .directory { return true }
    return OutputFormat(suffixOf: path) == nil
  }
}
