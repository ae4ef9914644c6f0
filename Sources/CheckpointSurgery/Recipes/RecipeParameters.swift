internal import Checkpoints
internal import TensorStorage

extension Recipe.Model {
  /// What a recipe may say of a model.
  static let parameters: [RecipeParameter<Recipe.Model>] = [
    .word("path", \.optionalPath, "a path", { $0 }, text: { $0 }),
    .text("config", \.config),
    .words("set", \.set, "a PATH=VALUE", { $0.contains("=") ? $0 : nil }, text: { $0 }),
    .text("select", \.reading.selection),
    .flag("lenient", \.reading.isLenient),
    .flag("allow-globals", \.reading.allowsDangerousGlobals),
    .flag("detach", \.isDetached),
  ]

  private var optionalPath: String? {
    get { path }
    set { path = newValue ?? "" }
  }
}

extension ConversionOptions {
  /// What a recipe may say of an output: the flags of `convert`.
  static let parameters: [RecipeParameter<ConversionOptions>] = [
    .choice("to", \.format),
    .word(
      "dtype", \.dtype, oneOf(DTypeRule.dtypes.map { $0.name.lowercased() }),
      { DTypeRule.dtype($0) }, text: { $0.name.lowercased() }),
    .words("keep", \.keptDTypes, "GLOB=DTYPE", { DTypeRule($0) }, text: \.text),
    .flag("allow-overflow", \.allowsOverflow),
    .count("shard-size", \.shardByteCount),
    .words("include", \.includes, "a glob", { NamePattern($0) }, text: \.text),
    .words("exclude", \.excludes, "a glob", { NamePattern($0) }, text: \.text),
    .words("rename", \.renames, "s/RE/TEXT/", { try? RenameRule($0) }, text: \.text),
    .words("strip-prefix", \.strippedPrefixes, "a prefix", { $0 }, text: { $0 }),
    .choice("aliases", \.aliases),
    metadataParameter,
  ]

  private static func oneOf(_ words: [String]) -> String {
    "one of \(words.joined(separator: ", "))"
  }

  private static let metadataParameter = RecipeParameter<ConversionOptions>(name: "metadata") {
    node, options throws(RecipeFault) in
    guard let members = node.members else { throw node.wrong("metadata", "a map of texts") }
    for (key, value) in members {
      guard let text = value.text else { throw value.wrong(key, "a text") }
      options.metadata[key] = text
    }
  } write: { options in
    options.metadata.isEmpty
      ? nil
      : .object(
        options.metadata.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
  }
}
