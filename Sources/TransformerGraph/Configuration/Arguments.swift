internal import Checkpoints

/// The arguments of one constructor call, checked against its signature and read by type.
struct Arguments {
  /// Where the call stands, as `net.attn_layers`.
  let path: String
  /// The class that is constructed.
  let className: String
  /// The release whose signature it is.
  let dialect: Dialect

  private var values: [String: ArgumentValue]
  private let rows: [String: ArgumentSpecification]

  /// Checks that the class of that release knows every argument.
  init(
    _ configuration: ModuleConfiguration, path: String, dialect: Dialect
  ) throws(GraphError) {
    let name = configuration.className
    guard let signature = Signatures.of(name, in: dialect) else {
      throw .unknownClass(path: path, name: name, nearest: Signatures.nearestClass(to: name))
    }
    try self.init(
      name, configuration.arguments, signature: signature, path: path, dialect: dialect)
  }

  /// Checks arguments against a signature that is not a class of its own (`attn_…` of the layers).
  init(
    _ className: String, _ arguments: [ModuleConfiguration.Argument],
    signature: [ArgumentSpecification], path: String, dialect: Dialect, prefix: String = ""
  ) throws(GraphError) {
    self.path = path
    self.dialect = dialect
    self.className = className
    rows = Dictionary(uniqueKeysWithValues: signature.map { ($0.name, $0) })
    values = [:]
    for argument in arguments {
      guard let row = rows[argument.name] else {
        let nearest = NearestName.of(argument.name, among: signature.map(\.name))
        throw .unknownArgument(
          path: path, className: className, name: prefix + argument.name,
          nearest: nearest.map { prefix + $0 })
      }
      values[argument.name] = argument.value == .none && !row.isRequired ? nil : argument.value
    }
  }

  /// The arguments of item `index` of `count`: a tuple of that length is spread over the items.
  func spread(over count: Int, at index: Int) -> Arguments {
    var result = self
    for (name, value) in values {
      if case .list(let items) = value, items.count == count { result.values[name] = items[index] }
    }
    return result
  }

  /// The arguments less those whose value is a tuple of `count` items.
  func withoutTuples(of count: Int) -> Arguments {
    var result = self
    result.values = values.filter { _, value in
      if case .list(let items) = value { return items.count != count }
      return true
    }
    return result
  }

  /// These arguments with those of `other` over them.
  func overridden(by other: Arguments) -> Arguments {
    var result = self
    result.values.merge(other.values) { _, new in new }
    return result
  }

  /// These arguments with one set.
  func setting(_ name: String, _ value: ArgumentValue) -> Arguments {
    var result = self
    result.values[name] = value
    return result
  }

  /// Whether the argument is given.
  func has(_ name: String) -> Bool { values[name] != nil }

  /// Whether the release's constructor takes it.
  func knows(_ name: String) -> Bool { rows[name] != nil }

  /// The value as it was given, or as it stands in the signature.
  func value(_ name: String) -> ArgumentValue {
    values[name] ?? rows[name]?.defaultArgument ?? .none
  }

  /// Arguments that the forward pass does not know yet and that differ from their defaults.
  var carried: [String] {
    rows.values.filter { row in
      guard row.effect == .carried, let value = values[row.name] else { return false }
      return value != row.defaultArgument
    }.map(\.name).sorted()
  }

  /// The truth of an argument; one that the release does not know is false.
  func bool(_ name: String) throws(GraphError) -> Bool {
    switch value(name) {
    case .bool(let value): return value
    case .int(let value) where value == 0 || value == 1: return value == 1
    case .none: return false
    default: throw wrongKind(name, "true or false")
    }
  }

  /// Whether all of the named arguments are true.
  func all(_ names: String...) throws(GraphError) -> Bool {
    for name in names where try !bool(name) { return false }
    return true
  }

  /// Whether one of the named arguments is true.
  func any(_ names: String...) throws(GraphError) -> Bool {
    for name in names where try bool(name) { return true }
    return false
  }

  func int(_ name: String) throws(GraphError) -> Int {
    guard let value = try optionalInt(name) else {
      throw .missingArgument(path: path, className: className, name: name, hint: nil)
    }
    return value
  }

  /// A whole number of 1 or more; `limit` is for those that make so many modules.
  func positive(_ name: String, atMost limit: Int = .max) throws(GraphError) -> Int {
    let value = try int(name)
    guard value > 0, value <= limit else {
      throw .impossible(
        path: path,
        reason: "'\(name)' must be within 1 and \(min(limit, Self.largestInteger)), not \(value)")
    }
    return value
  }

  func optionalInt(_ name: String) throws(GraphError) -> Int? {
    switch value(name) {
    case .int(let value):
      guard (-Self.largestInteger...Self.largestInteger).contains(value) else {
        throw wrongKind(name, "a number of at most \(Self.largestInteger)")
      }
      return value
    case .none: return nil
    default: throw wrongKind(name, "a whole number")
    }
  }

  func double(_ name: String) throws(GraphError) -> Double {
    guard let value = try optionalDouble(name) else {
      throw .missingArgument(path: path, className: className, name: name, hint: nil)
    }
    return value
  }

  func optionalDouble(_ name: String) throws(GraphError) -> Double? {
    switch value(name) {
    case .int(let value): return Double(value)
    case .double(let value): return value
    case .none: return nil
    default: throw wrongKind(name, "a number")
    }
  }

  func module(_ name: String) throws(GraphError) -> ModuleConfiguration {
    switch value(name) {
    case .module(let module): return module
    case .none: throw .missingArgument(path: path, className: className, name: name, hint: nil)
    default: throw wrongKind(name, "an object with a \"class\"")
    }
  }

  func ints(_ name: String) throws(GraphError) -> [Int]? {
    switch value(name) {
    case .none: return nil
    case .list(let items):
      var result: [Int] = []
      for item in items {
        guard case .int(let value) = item else {
          throw wrongKind(name, "an array of whole numbers")
        }
        result.append(value)
      }
      return result
    default: throw wrongKind(name, "an array of whole numbers")
    }
  }

  /// The value's kind did not fit.
  func wrongKind(_ name: String, _ expected: String) -> GraphError {
    .wrongKind(path: path, name: name, expected: expected, found: value(name).kindName)
  }

  // Sizes beyond this cannot be those of a model, and the product of two stays far from overflow.
  private static let largestInteger = 1 << 28
}

extension ArgumentSpecification {
  var isRequired: Bool {
    if case .required = defaultValue { return true }
    return false
  }

  /// The default as a value.
  var defaultArgument: ArgumentValue {
    switch defaultValue {
    case .required, .absent: .none
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let value): .double(value)
    case .text(let value): .text(value)
    }
  }
}

extension ArgumentValue {
  /// What it is, in the words of the file.
  var kindName: String {
    switch self {
    case .none: "null"
    case .bool: "true or false"
    case .int: "a whole number"
    case .double: "a number"
    case .text: "text"
    case .list: "an array"
    case .module: "an object with a \"class\""
    case .dictionary: "an object"
    }
  }
}
