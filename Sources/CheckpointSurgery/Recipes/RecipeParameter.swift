internal import Checkpoints

/// One parameter of an operation, or of an output: its name in recipes, how it is read and how it is written.
///
/// The names are those of the flags. One list of these says all that recipes, `--save-recipe` and
/// `surgery.lock.json` know of an operation.
package struct RecipeParameter<Target>: Sendable {
  /// The name, as `pad-to-multiple`.
  package let name: String
  /// Sets it to what a recipe says.
  let read: @Sendable (RecipeNode, inout Target) throws(RecipeFault) -> Void
  /// What a recipe would say; nil where it is the default.
  let write: @Sendable (Target) -> JSONValue?
}

extension RecipeParameter {
  /// A whole number.
  static func count(
    _ name: String, _ path: any WritableKeyPath<Target, Int?> & Sendable
  ) -> RecipeParameter {
    RecipeParameter(name: name) { node, target throws(RecipeFault) in
      guard let value = node.int else { throw node.wrong(name, "a whole number") }
      target[keyPath: path] = value
    } write: { target in
      target[keyPath: path].map { .int($0) }
    }
  }

  /// A number.
  static func number(
    _ name: String, _ path: any WritableKeyPath<Target, Double> & Sendable, default standard: Double
  ) -> RecipeParameter {
    RecipeParameter(name: name) { node, target throws(RecipeFault) in
      guard let value = node.double else { throw node.wrong(name, "a number") }
      target[keyPath: path] = value
    } write: { target in
      target[keyPath: path] == standard ? nil : .double(target[keyPath: path])
    }
  }

  /// A seed of random numbers.
  static func seed(
    _ name: String, _ path: any WritableKeyPath<Target, UInt64> & Sendable
  ) -> RecipeParameter {
    RecipeParameter(name: name) { node, target throws(RecipeFault) in
      guard let value = node.int.flatMap({ UInt64(exactly: $0) }) else {
        throw node.wrong(name, "a whole number")
      }
      target[keyPath: path] = value
    } write: { target in
      target[keyPath: path] == 0 ? nil : .int(Int(clamping: target[keyPath: path]))
    }
  }

  /// Numbers by names.
  static func numbers(
    _ name: String, _ path: any WritableKeyPath<Target, [String: Double]> & Sendable
  ) -> RecipeParameter {
    RecipeParameter(name: name) { node, target throws(RecipeFault) in
      guard let members = node.members else { throw node.wrong(name, "a map of numbers") }
      for (key, value) in members {
        guard let number = value.double else { throw value.wrong(key, "a number") }
        target[keyPath: path][key] = number
      }
    } write: { target in
      let members = target[keyPath: path].sorted { $0.key < $1.key }
      return members.isEmpty ? nil : .object(members.map { .init($0.key, .double($0.value)) })
    }
  }

  /// `true` or `false`.
  static func flag(
    _ name: String, _ path: any WritableKeyPath<Target, Bool> & Sendable
  ) -> RecipeParameter {
    RecipeParameter(name: name) { node, target throws(RecipeFault) in
      guard let value = node.bool else { throw node.wrong(name, "true or false") }
      target[keyPath: path] = value
    } write: { target in
      target[keyPath: path] ? .bool(true) : nil
    }
  }

  /// Text.
  static func text(
    _ name: String, _ path: any WritableKeyPath<Target, String?> & Sendable
  ) -> RecipeParameter {
    word(name, path, "text") {
      $0
    } text: {
      $0
    }
  }

  /// One of the words of an enumeration.
  static func choice<Choice: CaseIterable & RawRepresentable & SendableMetatype>(
    _ name: String, _ path: any WritableKeyPath<Target, Choice?> & Sendable
  ) -> RecipeParameter where Choice.RawValue == String {
    let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    return word(name, path, "one of \(words)") {
      Choice(rawValue: $0)
    } text: {
      $0.rawValue
    }
  }

  /// A word that stands for a value, or for none.
  static func word<Value>(
    _ name: String, _ path: any WritableKeyPath<Target, Value?> & Sendable, _ expected: String,
    _ parse: @escaping @Sendable (String) -> Value?, text: @escaping @Sendable (Value) -> String
  ) -> RecipeParameter {
    RecipeParameter(name: name) { node, target throws(RecipeFault) in
      guard let value = node.text.flatMap(parse) else { throw node.wrong(name, expected) }
      target[keyPath: path] = value
    } write: { target in
      target[keyPath: path].map { .string(text($0)) }
    }
  }

  /// Words that each stand for a value.
  static func words<Value>(
    _ name: String, _ path: any WritableKeyPath<Target, [Value]> & Sendable, _ expected: String,
    _ parse: @escaping @Sendable (String) -> Value?, text: @escaping @Sendable (Value) -> String
  ) -> RecipeParameter {
    RecipeParameter(name: name) { node, target throws(RecipeFault) in
      guard let elements = node.elements else { throw node.wrong(name, "a list: \(expected)") }
      target[keyPath: path] = []
      for element in elements {
        guard let value = element.text.flatMap(parse) else { throw element.wrong(name, expected) }
        target[keyPath: path].append(value)
      }
    } write: { target in
      let values = target[keyPath: path]
      return values.isEmpty ? nil : .array(values.map { .string(text($0)) })
    }
  }
}

extension RecipeNode {
  /// The value of `name` is not what was expected.
  func wrong(_ name: String, _ expected: String) -> RecipeFault {
    fault("'\(name)' takes \(expected), not \(kindName)")
  }
}

extension Array {
  /// The members of a map that says what differs from the defaults.
  func members<Target>(of target: Target) -> [JSONValue.Member]
  where Element == RecipeParameter<Target> {
    compactMap { parameter in parameter.write(target).map { .init(parameter.name, $0) } }
  }

  /// Sets what the members of a map say; those that are not parameters are passed over.
  func read<Target>(
    _ members: [(key: String, value: RecipeNode)], into target: inout Target
  ) throws(RecipeFault) where Element == RecipeParameter<Target> {
    for parameter in self {
      guard let member = members.first(where: { $0.key == parameter.name }) else { continue }
      try parameter.read(member.value, &target)
    }
  }
}
