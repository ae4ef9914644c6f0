internal import Checkpoints
internal import TensorStorage

extension ModelConfiguration {
  /// Reads a configuration file.
  public init(contentsOf path: String) throws(GraphError) {
    let bytes: [UInt8]
    do {
      let file = try RandomAccessFile(path: path)
      guard file.byteCount <= Self.largestByteCount else {
        throw GraphError.malformedConfiguration(
          file: path, byteOffset: nil,
          reason: "is too large to be a configuration (over \(Self.largestByteCount) bytes)")
      }
      bytes = try file.bytes(at: 0, count: file.byteCount)
    } catch let error as GraphError {
      throw error
    } catch let error as FileError {
      throw .format(FormatError(error, file: path))
    } catch {
      throw .malformedConfiguration(file: path, byteOffset: nil, reason: "\(error)")
    }
    try self.init(json: bytes, file: path)
  }

  /// Reads the text of a configuration file; `file` names it in errors.
  public init(json bytes: [UInt8], file: String) throws(GraphError) {
    let value: JSONValue
    do {
      value = try JSONText(bytes).value
    } catch {
      throw .malformedConfiguration(
        file: file, byteOffset: error.byteOffset, reason: error.description)
    }
    guard let members = value.members else {
      throw .malformedConfiguration(
        file: file, byteOffset: nil, reason: "must be an object, not \(value.kindName)")
    }
    let rest = members.filter { $0.key != "x_transformers" && $0.key != "frozen" }
    let version = value["x_transformers"]
    if let version, version.string == nil {
      throw .malformedConfiguration(
        file: file, byteOffset: nil, reason: "\"x_transformers\" must be a version in quotes")
    }
    dialect =
      try version?.string.map { text throws(GraphError) in try Dialect(version: text) }
      ?? .newest
    frozen = try Self.paths(value["frozen"], file: file)
    guard let models = value["models"] else {
      content = .single(try ModuleConfiguration(rest, path: "", file: file))
      return
    }
    if let extra = rest.first(where: { $0.key != "models" }) {
      throw .malformedConfiguration(
        file: file, byteOffset: nil,
        reason: "'\(escaped(extra.key))' cannot stand beside \"models\"")
    }
    content = .several(try Self.named(models, file: file))
  }

  private static func paths(_ value: JSONValue?, file: String) throws(GraphError) -> [String] {
    guard let value else { return [] }
    let paths = value.elements?.compactMap(\.string)
    guard let paths, paths.count == value.elements?.count else {
      throw .malformedConfiguration(
        file: file, byteOffset: nil,
        reason: "\"frozen\" must be an array of the paths of parameters")
    }
    return paths
  }

  private static func named(
    _ value: JSONValue, file: String
  ) throws(GraphError) -> [NamedModel] {
    guard let members = value.members, !members.isEmpty else {
      throw .malformedConfiguration(
        file: file, byteOffset: nil, reason: "\"models\" must be an object with a model or more")
    }
    var models: [NamedModel] = []
    for member in members {
      guard let nested = member.value.members, !member.key.isEmpty, !member.key.contains(".") else {
        throw .malformedConfiguration(
          file: file, byteOffset: nil,
          reason: "model '\(escaped(member.key))' must be an object under a name without dots")
      }
      models.append(
        NamedModel(
          name: member.key,
          configuration: try ModuleConfiguration(nested, path: member.key, file: file)))
    }
    return models
  }

  /// The text of the configuration file: two spaces of indentation, a newline at the end.
  public func json() -> [UInt8] {
    var members = [JSONValue.Member("x_transformers", .string(dialect.description))]
    switch content {
    case .single(let configuration):
      members += configuration.jsonMembers
    case .several(let models):
      members.append(
        .init(
          "models", .object(models.map { .init($0.name, .object($0.configuration.jsonMembers)) })))
    }
    if !frozen.isEmpty { members.append(.init("frozen", .array(frozen.map { .string($0) }))) }
    return JSONValue.object(members).renderedBytes(.pretty) + [UInt8(ascii: "\n")]
  }

  // A configuration is some kilobytes; a file of this size is something else.
  static let largestByteCount = 4 << 20
}

extension ModuleConfiguration {
  fileprivate init(
    _ members: [JSONValue.Member], path: String, file: String
  ) throws(GraphError) {
    guard let className = members.first(where: { $0.key == "class" })?.value.string else {
      throw .malformedConfiguration(
        file: file, byteOffset: nil,
        reason: "\(path.isEmpty ? "the model" : "'\(escaped(path))'") needs a \"class\" in quotes")
    }
    self.init(className)
    for member in members where member.key != "class" {
      let place = path.isEmpty ? member.key : "\(path).\(member.key)"
      arguments.append(
        Argument(member.key, try ArgumentValue(member.value, path: place, file: file)))
    }
  }

  fileprivate var jsonMembers: [JSONValue.Member] {
    [.init("class", .string(className))] + arguments.map { .init($0.name, $0.value.json) }
  }
}

extension ArgumentValue {
  init(_ value: JSONValue, path: String, file: String) throws(GraphError) {
    switch value {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .double(let value): self = .double(value)
    case .string(let text): self = .text(text)
    case .array(let elements):
      var items: [ArgumentValue] = []
      for element in elements { items.append(try ArgumentValue(element, path: path, file: file)) }
      self = .list(items)
    case .object(let members) where members.contains { $0.key == "class" }:
      self = .module(try ModuleConfiguration(members, path: path, file: file))
    case .object(let members):
      var entries: [ModuleConfiguration.Argument] = []
      for member in members {
        entries.append(
          .init(member.key, try ArgumentValue(member.value, path: path, file: file)))
      }
      self = .dictionary(entries)
    }
  }

  fileprivate var json: JSONValue {
    switch self {
    case .none: .null
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let value): .double(value)
    case .text(let text): .string(text)
    case .list(let items): .array(items.map(\.json))
    case .module(let module): .object(module.jsonMembers)
    case .dictionary(let entries): .object(entries.map { .init($0.name, $0.value.json) })
    }
  }
}
