internal import Checkpoints
internal import TensorStorage

/// A value of a recipe, and the line in which it stands.
package struct RecipeNode: Sendable {
  /// What it is.
  package enum Content: Sendable {
    /// A word or a number; quotes make it text, whatever it looks like.
    case scalar(String, isQuoted: Bool)
    case list([RecipeNode])
    case map([(key: String, value: RecipeNode)])
  }

  /// The line, counted from 1; 0 for a value that no file holds.
  package let line: Int
  /// What it is.
  package let content: Content

  /// A value in a line.
  package init(_ content: Content, line: Int) {
    self.content = content
    self.line = line
  }
}

/// What is wrong in a line of a recipe.
package struct RecipeFault: Error, Equatable {
  /// The line, counted from 1.
  package var line: Int
  /// What is wrong, and what was needed.
  package var reason: String
}

extension RecipeNode {
  /// The words of a scalar; nil for anything else, and for `null`.
  var text: String? {
    guard case .scalar(let text, let isQuoted) = content else { return nil }
    return isQuoted || !["", "~", "null"].contains(text) ? text : nil
  }

  /// A plain whole number.
  var int: Int? { plain.flatMap { Int($0) } }

  /// A plain number.
  var double: Double? { plain.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } }

  /// A plain `true` or `false`.
  var bool: Bool? { plain.flatMap { Bool($0) } }

  private var plain: String? {
    guard case .scalar(let text, isQuoted: false) = content else { return nil }
    return text
  }

  /// The members of a map.
  var members: [(key: String, value: RecipeNode)]? {
    if case .map(let members) = content { members } else { nil }
  }

  /// The elements of a list; a scalar is a list of one.
  var elements: [RecipeNode]? {
    switch content {
    case .list(let elements): elements
    case .scalar: text == nil ? nil : [self]
    case .map: nil
    }
  }

  /// What it is, in the words of a message.
  var kindName: String {
    switch content {
    case .list: "a list"
    case .map: "a map"
    case .scalar(let text, _):
      self.text == nil ? "nothing" : "'\(escaped(String(text.prefix(40))))'"
    }
  }

  /// A fault of this value.
  func fault(_ reason: String) -> RecipeFault { RecipeFault(line: line, reason: reason) }

  /// The members of a map, after those that are not among `known` are refused.
  func members(
    of what: String, known: [String]
  ) throws(RecipeFault) -> [(key: String, value: RecipeNode)] {
    guard let members else { throw fault("\(what) is a map of keys and values, not \(kindName)") }
    for (key, value) in members where !known.contains(key) {
      let nearest = NearestName.of(key, among: known)
      throw value.fault(
        "\(what) has no key '\(escaped(key))'; "
          + (nearest.map { "did you mean '\($0)'?" }
            ?? "it has \(known.joined(separator: ", "))"))
    }
    return members
  }
}
