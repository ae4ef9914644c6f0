internal import Checkpoints

extension Recipe {
  private static let expectationKeys = [
    "parameters", "trainable", "max-logit-difference", "scores",
  ]

  mutating func readExpectations(_ node: RecipeNode) throws(RecipeFault) {
    for (key, value) in try node.members(of: "expect", known: Self.expectationKeys) {
      switch key {
      case "parameters": expectations.parameters = try byModel(value, key, "a whole number", \.int)
      case "trainable": expectations.trainable = try byModel(value, key, "a whole number", \.int)
      case "max-logit-difference":
        expectations.logitDifference = try byModel(value, key, "a number", \.double)
      default:
        guard let members = value.members else {
          throw value.wrong(key, "a map of scores and their least values")
        }
        for (name, least) in members {
          guard let number = least.double else { throw least.wrong(name, "a number") }
          expectations.scores[name] = number
        }
      }
    }
  }

  /// A value for each model, or one for all that are written.
  private func byModel<Value>(
    _ node: RecipeNode, _ key: String, _ expected: String, _ value: (RecipeNode) -> Value?
  ) throws(RecipeFault) -> [String: Value] {
    guard let members = node.members else {
      guard let only = value(node) else {
        throw node.wrong(key, "\(expected), or one for each model")
      }
      return ["": only]
    }
    var values: [String: Value] = [:]
    for (name, member) in members {
      try check(name, at: member)
      guard let value = value(member) else { throw member.wrong(name, expected) }
      values[name] = value
    }
    return values
  }
}
