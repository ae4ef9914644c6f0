internal import Checkpoints
internal import TensorStorage

extension Recipe {
  mutating func readOutputs(_ node: RecipeNode) throws(RecipeFault) {
    if let path = node.text {
      let changed = models.map(\.name).filter { name in
        steps.contains { $0.changedModels.contains(name) }
      }
      let written = models.count == 1 ? [models[0].name] : changed
      guard written.count == 1 else {
        throw node.fault("output is a map of models and paths where there are several")
      }
      outputs = [Output(model: written[0], path: path)]
      return
    }
    guard let members = node.members, !members.isEmpty else {
      throw node.fault("output is a path, or a map of models and paths, not \(node.kindName)")
    }
    for (name, value) in members {
      try check(name, at: value)
      var output = Output(model: name, path: "")
      if let path = value.text {
        output.path = path
      } else {
        let own = try value.members(
          of: "an output", known: ["path"] + ConversionOptions.parameters.map(\.name))
        output.path = own.first { $0.key == "path" }?.value.text ?? ""
        try ConversionOptions.parameters.read(own, into: &output.options)
      }
      guard !output.path.isEmpty else {
        throw value.fault("the output of '\(escaped(name))' needs a path")
      }
      outputs.append(output)
    }
  }

  mutating func readBundle(_ node: RecipeNode) throws(RecipeFault) {
    var bundle = BundleOutput()
    if let path = node.text {
      bundle.path = path
    } else {
      let members = try node.members(
        of: "a bundle", known: BundleOutput.parameters.map(\.name))
      try BundleOutput.parameters.read(members, into: &bundle)
    }
    guard !bundle.path.isEmpty else { throw node.fault("a bundle needs a path") }
    if bundle.models.isEmpty { bundle.models = models.map(\.name) }
    for name in bundle.models + bundle.frozen { try check(name, at: node) }
    if let stray = bundle.frozen.first(where: { !bundle.models.contains($0) }) {
      throw node.fault("'\(escaped(stray))' is frozen and not one of the bundle's models")
    }
    self.bundle = bundle
  }
}

extension Recipe.BundleOutput {
  /// What a recipe may say of a bundle.
  static let parameters: [RecipeParameter<Recipe.BundleOutput>] = [
    .word("path", \.optionalPath, "a path", { $0 }, text: { $0 }),
    .words("models", \.models, "a name", { $0 }, text: { $0 }),
    .choice("link", \.link),
    .words("freeze", \.frozen, "a name", { $0 }, text: { $0 }),
  ]

  private var optionalPath: String? {
    get { path }
    set { path = newValue ?? "" }
  }
}
