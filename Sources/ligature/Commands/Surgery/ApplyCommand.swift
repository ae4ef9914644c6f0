internal import ArgumentParser
internal import CheckpointSurgery
internal import Checkpoints

/// `ligature apply`.
struct ApplyCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Carry out a recipe: several steps on named models, as one plan.",
    discussion: """
      A recipe is a file of YAML or JSON. Steps are the surgeries by their names with their flags as keys, and cast \
      and rename, which are done as a model is written. Paths begin where the command is run. A flag given here is \
      stronger than the recipe. Beside each output stands surgery.lock.json: what was read, by its content, and what \
      was done.

        surgery: 1
        models:
          mt: {path: mt.pt, set: [x_transformers=2.30.4]}
        steps:
          - untie:
          - resize: {pad-to-multiple: 64}
          - freeze: {names: ["token_emb.*"]}
        output: {mt: padded.safetensors}
        expect: {max-logit-difference: 1.0e-4}

      Several models are written together: an output each, or 'bundle: {path: out/}' after a tie of several.

        ligature apply recipe.yaml
        ligature apply recipe.yaml --dry-run
        ligature apply recipe.yaml -o elsewhere.pt --verify --force
      """)

  @Argument(help: ArgumentHelp("The recipe.", valueName: "recipe"), completion: .file())
  var recipe: String

  @OptionGroup(title: "Destination") var output: RecipeOutputOptions
  @OptionGroup(title: "Changes") var changes: ConversionFlags
  @OptionGroup(title: "Work") var work: WorkOptions
  @OptionGroup(title: "Verification") var probes: ProbeOptions
  @OptionGroup(title: "Answer") var listing: ListingOptions
  @OptionGroup(title: "Answer") var answer: AnswerOptions

  func run(on console: Console) throws -> ExitStatus {
    var recipe = try Recipe(contentsOf: recipe)
    try output.override(&recipe, with: changes, work)
    return try RecipeRun(
      plan: try RecipePlan(recipe), output: output, work: work, probes: probes,
      listsAll: listing.all
    ).run(on: console)
  }
}

/// Where a recipe writes, where that is not as the recipe says.
struct RecipeOutputOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "Where to write instead, for a recipe that writes one model.", valueName: "dest"))
  var destination: String?

  @Option(
    help: ArgumentHelp("safetensors, pt or npz (default: by the suffix).", valueName: "format"),
    completion: .list(OutputFormat.allCases.map(\.rawValue)),
    transform: ArgumentWords.outputFormat)
  var to: OutputFormat?

  @Flag(name: [.customShort("n"), .long], help: "Print the plans and write nothing.")
  var dryRun = false

  @Flag(help: "Replace files that exist.")
  var force = false

  @Flag(help: "Run the models before and after, read the results back and compare them.")
  var verify = false

  /// The flags of one output, as the other writing verbs have them.
  func flags(for path: String, format: OutputFormat?) -> DestinationOptions {
    var flags = DestinationOptions()
    flags.destination = path
    flags.to = format.map { [.format($0)] } ?? []
    flags.dryRun = dryRun
    flags.force = force
    flags.verify = verify
    return flags
  }

  /// Puts what was given as flags over what the recipe says.
  func override(_ recipe: inout Recipe, with changes: ConversionFlags, _ work: WorkOptions) throws {
    if let destination { try move(&recipe, to: destination) }
    guard !recipe.writtenModels.isEmpty else {
      throw UsageError.conflict("the recipe has no 'output'; -o says where to write")
    }
    for position in recipe.outputs.indices {
      let flags = changes.options(flags(for: recipe.outputs[position].path, format: to), work)
      recipe.outputs[position].options.override(with: flags)
    }
    if let bundle = recipe.bundle {
      recipe.bundle?.options.override(
        with: changes.options(flags(for: bundle.path, format: to), work))
    }
  }

  private func move(_ recipe: inout Recipe, to destination: String) throws {
    let written = recipe.outputs.map(\.model) + (recipe.bundle == nil ? [] : ["a bundle"])
    guard written.count < 2 else {
      throw UsageError.conflict(
        "-o is of one output, and the recipe writes \(written.joined(separator: ", "))")
    }
    if recipe.bundle != nil {
      recipe.bundle?.path = destination
    } else if recipe.outputs.isEmpty {
      guard recipe.models.count == 1 else {
        throw UsageError.conflict(
          "the recipe has several models; its 'output' says which is written")
      }
      recipe.outputs = [.init(model: recipe.models[0].name, path: destination)]
    } else {
      recipe.outputs[0].path = destination
    }
  }
}

extension ConversionOptions {
  /// Takes from `flags` what is given there.
  fileprivate mutating func override(with flags: ConversionOptions) {
    format = flags.format ?? format
    dtype = flags.dtype ?? dtype
    if !flags.keptDTypes.isEmpty { keptDTypes = flags.keptDTypes }
    shardByteCount = flags.shardByteCount ?? shardByteCount
    if !flags.includes.isEmpty { includes = flags.includes }
    if !flags.excludes.isEmpty { excludes = flags.excludes }
    if !flags.renames.isEmpty { renames = flags.renames }
    if !flags.strippedPrefixes.isEmpty { strippedPrefixes = flags.strippedPrefixes }
    metadata.merge(flags.metadata) { $1 }
    aliases = flags.aliases ?? aliases
    allowsOverflow = flags.allowsOverflow || allowsOverflow
    overwrites = flags.overwrites
    threadCount = flags.threadCount
    memoryByteCount = flags.memoryByteCount
  }
}
