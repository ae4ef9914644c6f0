internal import Checkpoints

extension ModelConfiguration {
  /// Gives one argument a value: `attn_layers.heads=8`, `net.attn_layers.causal=true`, `x_transformers=1.27.0`.
  ///
  /// The path leads through nested modules, and begins with the model's name where there are several;
  /// `class` names the class itself. The value is read as JSON, and as text where it is none.
  public mutating func set(_ assignment: String) throws(GraphError) {
    let (name, text) = try Self.parts(of: assignment)
    if name == "x_transformers" {
      dialect = try Dialect(version: text)
      return
    }
    let path = name.split(separator: ".").map(String.init)
    try set(ArgumentValue(literal: text), at: path, written: assignment)
  }

  /// The values of assignments by their paths, as inference asks for them.
  static func answers(_ assignments: [String]) throws(GraphError) -> [String: ArgumentValue] {
    var answers: [String: ArgumentValue] = [:]
    for assignment in assignments {
      let (name, text) = try parts(of: assignment)
      let isVersion = name == "x_transformers"
      if isVersion { _ = try Dialect(version: text) }
      answers[name] = isVersion ? .text(text) : ArgumentValue(literal: text)
    }
    return answers
  }

  private static func parts(
    of assignment: String
  ) throws(GraphError) -> (name: String, value: String) {
    guard let sign = assignment.firstIndex(of: "="), sign != assignment.startIndex else {
      throw .malformedConfiguration(
        file: "--set \(assignment)", byteOffset: nil, reason: "must be written PATH=VALUE")
    }
    return (
      String(assignment[..<sign]), String(assignment[assignment.index(after: sign)...])
    )
  }

  /// Gives the argument at `path` a value, or none, so that its default holds.
  ///
  /// The path is as in `set(_:)`: `["net", "tie_embedding"]`.
  public mutating func set(_ value: ArgumentValue?, at path: [String]) throws(GraphError) {
    try set(value, at: path, written: path.joined(separator: "."))
  }

  /// The value given for the argument at `path`, or nil where the default holds.
  public func value(at path: [String]) -> ArgumentValue? {
    path.last.flatMap { call(at: Array(path.dropLast()))?[$0] }
  }

  private mutating func set(
    _ value: ArgumentValue?, at path: [String], written: String
  ) throws(GraphError) {
    switch content {
    case .single(var call):
      try call.set(path[...], to: value, written: written)
      content = .single(call)
    case .several(var models):
      let name = path.first ?? ""
      guard let position = models.firstIndex(where: { $0.name == name }) else {
        throw .unresolvedReference(path: "--set", reference: name)
      }
      try models[position].configuration.set(path.dropFirst(), to: value, written: written)
      content = .several(models)
    }
  }
}

extension ModelConfiguration {
  /// The constructor call that the modules at `path` lead to, the model's name first where there are
  /// several: `["net"]`; nil if there is none.
  public func call(at path: [String]) -> ModuleConfiguration? {
    let inner: ArraySlice<String>
    var call: ModuleConfiguration
    switch content {
    case .single(let only): (call, inner) = (only, path[...])
    case .several(let models):
      guard let model = models.first(where: { $0.name == path.first }) else { return nil }
      (call, inner) = (model.configuration, path.dropFirst())
    }
    for name in inner {
      guard case .module(let next)? = call[name] else { return nil }
      call = next
    }
    return call
  }
}

extension ModuleConfiguration {
  fileprivate mutating func set(
    _ path: ArraySlice<String>, to value: ArgumentValue?, written: String
  ) throws(GraphError) {
    guard let name = path.first else {
      throw .malformedConfiguration(
        file: "--set \(written)", byteOffset: nil, reason: "names no argument")
    }
    if path.count == 1 {
      if name == "class", case .text(let text) = value {
        className = text
      } else {
        self[name] = value
      }
      return
    }
    guard case .module(var inner)? = self[name] else {
      let modules = arguments.compactMap { argument -> String? in
        if case .module = argument.value { return argument.name }
        return nil
      }
      throw .unknownArgument(
        path: "--set \(written)", className: className, name: name,
        nearest: NearestName.of(name, among: modules) ?? modules.first)
    }
    try inner.set(path.dropFirst(), to: value, written: written)
    self[name] = .module(inner)
  }
}

extension ArgumentValue {
  /// A value as it is written on a command line: JSON, or else text.
  fileprivate init(literal text: String) {
    guard let value = try? JSONText(Array(text.utf8)).value,
      let argument = try? ArgumentValue(value, path: "--set", file: "--set")
    else {
      self = text == "True" ? .bool(true) : text == "False" ? .bool(false) : .text(text)
      return
    }
    self = argument
  }
}
