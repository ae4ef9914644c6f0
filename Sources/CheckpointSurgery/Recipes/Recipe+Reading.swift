internal import Checkpoints
internal import TensorStorage

extension Recipe {
  /// The version of what recipes may say.
  static let version = 1

  private static let keys = ["surgery", "models", "steps", "output", "bundle", "expect"]

  mutating func read(_ root: RecipeNode) throws(RecipeFault) {
    let members = try root.members(of: "a recipe", known: Self.keys)
    func value(_ key: String) -> RecipeNode? { members.first { $0.key == key }?.value }
    guard let version = value("surgery"), version.int == Self.version else {
      throw (value("surgery") ?? root).fault("a recipe begins with surgery: \(Self.version)")
    }
    guard let models = value("models"), let steps = value("steps") else {
      throw root.fault("a recipe has models and steps")
    }
    try readModels(models)
    let finishings = try readSteps(steps)
    if let output = value("output") { try readOutputs(output) }
    if let bundle = value("bundle") { try readBundle(bundle) }
    for finishing in finishings { try finish(finishing) }
    if let expect = value("expect") { try readExpectations(expect) }
  }

  // MARK: - Models

  private mutating func readModels(_ node: RecipeNode) throws(RecipeFault) {
    guard let members = node.members, !members.isEmpty else {
      throw node.fault("models is a map of names and paths, not \(node.kindName)")
    }
    for (name, value) in members {
      guard !name.isEmpty, !name.contains(".") else {
        throw value.fault("a model's name has no dots: '\(escaped(name))'")
      }
      var model = Model()
      model.name = name
      if let path = value.text {
        model.path = path
      } else {
        let own = try value.members(
          of: "a model", known: Model.parameters.map(\.name))
        try Model.parameters.read(own, into: &model)
      }
      guard !model.path.isEmpty else {
        throw value.fault("the model '\(escaped(name))' needs a path")
      }
      models.append(model)
    }
  }

  /// Refuses a name that no model has.
  func check(_ name: String, at node: RecipeNode) throws(RecipeFault) {
    let names = models.map(\.name)
    guard !names.contains(name) else { return }
    throw node.fault(
      "no model is named '\(escaped(name))'; "
        + (NearestName.of(name, among: names).map { "did you mean '\($0)'?" }
          ?? "there are \(names.joined(separator: ", "))"))
  }

  /// The models of a step: `model` (`into`) or `models`; the only one where there is one.
  private func models(
    of members: [(key: String, value: RecipeNode)], at step: RecipeNode, key: String = "model"
  ) throws(RecipeFault) -> [String] {
    let given = members.filter { [key, "models"].contains($0.key) }
    guard given.count < 2 else { throw given[1].value.fault("give \(key) or models, not both") }
    guard let only = given.first else {
      guard models.count == 1 else {
        throw step.fault("\(key): NAME says which of the models is meant")
      }
      return [models[0].name]
    }
    guard let elements = only.value.elements, !elements.isEmpty,
      only.key == "models" || elements.count == 1
    else { throw only.value.wrong(only.key, only.key == key ? "a name" : "a list of names") }
    var names: [String] = []
    for element in elements {
      guard let name = element.text else { throw element.wrong(only.key, "a name") }
      try check(name, at: element)
      guard !names.contains(name) else {
        throw element.fault("the model '\(escaped(name))' stands there twice")
      }
      names.append(name)
    }
    return names
  }

  // MARK: - Steps

  /// A cast or a renaming: it is done as the model is written.
  private struct Finishing {
    var models: [String]
    var members: [(key: String, value: RecipeNode)]
    var line: Int
  }

  /// What is done as a model is written: verb and parameters of the output.
  private static let finishings = [
    "cast": ["dtype", "keep", "allow-overflow"], "rename": ["rename", "strip-prefix"],
  ]

  private mutating func readSteps(_ node: RecipeNode) throws(RecipeFault) -> [Finishing] {
    guard case .list(let elements) = node.content else {
      throw node.fault("steps is a list of operations, not \(node.kindName)")
    }
    var finishings: [Finishing] = []
    for element in elements {
      guard let members = element.members, members.count == 1, let only = members.first else {
        throw element.fault("a step is one operation, as - resize: {tokens: 100}")
      }
      if let names = Self.finishings[only.key] {
        finishings.append(try finishing(only.value, only.key, names))
        continue
      }
      guard let operation = RecipeOperations.named(only.key) else {
        let verbs = RecipeOperations.all.map { $0.verb } + Self.finishings.keys.sorted()
        throw only.value.fault(
          "there is no operation '\(escaped(only.key))'; "
            + (NearestName.of(only.key, among: verbs).map { "did you mean '\($0)'?" }
              ?? "there are \(verbs.joined(separator: ", "))"))
      }
      let step = try step(operation, only.value)
      if let name = step.models.first(where: { name in
        finishings.contains { $0.models.contains(name) }
      }) {
        throw only.value.fault(
          "cast and rename are done as '\(escaped(name))' is written, and so are its last steps")
      }
      steps.append(step)
    }
    return finishings
  }

  private func members(
    of node: RecipeNode, _ verb: String, _ names: [String], key: String = "model"
  ) throws(RecipeFault) -> [(key: String, value: RecipeNode)] {
    if node.text == nil, case .scalar = node.content { return [] }
    let keys = key == "model" ? [key, "models"] : [key]
    return try node.members(of: verb, known: keys + names)
  }

  private func step(
    _ operation: any DescribedOperation.Type, _ node: RecipeNode
  ) throws(RecipeFault) -> Step {
    let key = operation.modelKey
    let members = try members(of: node, operation.verb, operation.parameterNames, key: key)
    var names = try models(of: members, at: node, key: key)
    // A donor that is a model of the recipe is read as the steps before have made it.
    if let donor = members.first(where: { $0.key == operation.donorKey })?.value.text,
      models.contains(where: { $0.name == donor })
    {
      guard !names.contains(donor) else {
        throw node.fault("the model '\(escaped(donor))' cannot be its own donor")
      }
      names.append(donor)
    }
    return Step(operation: try operation.read(members), models: names)
  }

  private func finishing(
    _ node: RecipeNode, _ verb: String, _ names: [String]
  ) throws(RecipeFault) -> Finishing {
    let members = try members(of: node, verb, names)
    return Finishing(
      models: try models(of: members, at: node),
      members: members.filter { names.contains($0.key) }, line: node.line)
  }

  private mutating func finish(_ finishing: Finishing) throws(RecipeFault) {
    for name in finishing.models {
      guard let position = outputs.firstIndex(where: { $0.model == name }) else {
        throw RecipeFault(
          line: finishing.line, reason: "the model '\(escaped(name))' is changed and not written")
      }
      try ConversionOptions.parameters.read(
        finishing.members, into: &outputs[position].options)
    }
  }
}
