package import Checkpoints
internal import Yams

extension Recipe {
  /// The recipe as a file: YAML, or JSON where `path` ends in `.json`.
  package func bytes(for path: String) throws(SurgeryError) -> [UInt8] {
    let value = JSONValue.object(members)
    if path.hasSuffix(".json") { return value.renderedBytes(.pretty) + [UInt8(ascii: "\n")] }
    do {
      // Lines are not folded: a quoted text ends in its line.
      return Array(try Yams.serialize(node: Node(value), width: -1, allowUnicode: true).utf8)
    } catch { throw .recipe(file: path, line: 0, reason: "cannot be written: \(error)") }
  }

  /// What the file says.
  package var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("surgery", .int(Self.version)),
      .init(
        "models", .object(models.map { .init($0.name, .object(Model.parameters.members(of: $0))) })),
      .init("steps", .array(steps.map { .object([$0.member(among: models)]) })),
    ]
    if !outputs.isEmpty { members.append(.init("output", .object(outputMembers))) }
    if let bundle {
      members.append(.init("bundle", .object(BundleOutput.parameters.members(of: bundle))))
    }
    return members
  }

  /// What the file says of each output.
  var outputMembers: [JSONValue.Member] { outputs.map { .init($0.model, $0.value) } }
}

extension Recipe.Step {
  /// The verb and its parameters; the model is named where there are several.
  func member(among models: [Recipe.Model]) -> JSONValue.Member {
    let key = type(of: operation).modelKey
    let names: JSONValue.Member? =
      if models.count == 1 {
        nil
      } else if changedModels.count == 1 {
        .init(key, .string(changedModels[0]))
      } else {
        .init("models", .array(changedModels.map { .string($0) }))
      }
    return .init(
      type(of: operation).verb, .object((names.map { [$0] } ?? []) + operation.members))
  }

  /// The models without a donor, which the operation names itself.
  var changedModels: [String] {
    type(of: operation).donorKey == nil ? models : Array(models.prefix(1))
  }
}

extension Recipe.Output {
  fileprivate var value: JSONValue {
    .object(
      [.init("path", .string(path))] + ConversionOptions.parameters.members(of: options))
  }
}

extension Node {
  fileprivate init(_ value: JSONValue) {
    switch value {
    case .null: self.init("null")
    case .bool(let flag): self.init(flag ? "true" : "false")
    case .int(let number): self.init(String(number))
    case .double(let number): self.init(String(number))
    case .string(let text): self.init(text, .implicit, text.isPlainWord ? .plain : .doubleQuoted)
    case .array(let elements):
      self.init(elements.map { Node($0) }, .implicit, .flow)
    case .object(let members):
      self.init(members.map { (Node(.string($0.key)), Node($0.value)) })
    }
    // Steps are one below the other; what they list is in a line.
    if case .sequence(var sequence) = self, sequence.contains(where: \.isMapping) {
      sequence.style = .block
      self = .sequence(sequence)
    }
  }

  private var isMapping: Bool { if case .mapping = self { true } else { false } }
}

extension String {
  /// Whether YAML takes it for itself without quotes.
  fileprivate var isPlainWord: Bool {
    guard let first = utf8.first, Double(self) == nil,
      !["true", "false", "null", "yes", "no", "on", "off"].contains(lowercased())
    else { return false }
    let isBegin = first != UInt8(ascii: "-") && first != UInt8(ascii: "=")
    return isBegin && utf8.allSatisfy(Self.isPlain)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "="):
      true
    default: false
    }
  }
}
