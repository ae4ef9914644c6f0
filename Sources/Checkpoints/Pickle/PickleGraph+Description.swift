internal import TensorStorage

extension PickleGraph {
  /// How deep a description goes into containers.
  private static let descriptionDepth = 2

  /// How many elements of a container a description shows.
  private static let descriptionCount = 3

  /// How many characters of a text a description shows.
  private static let descriptionTextCount = 40

  /// What the value at `id` is, in the words of Python and in one short line: for listings.
  package func description(of id: ID) -> String { description(of: id, depth: 0) }

  private func description(of id: ID, depth: Int) -> String {
    switch self[id] {
    case .none: return "None"
    case .bool(let value): return value ? "True" : "False"
    case .int(let value): return String(value)
    case .bigInt(let digits): return "int of \(digits.count) bytes"
    case .float(let value): return String(value)
    case .text(let text): return quoted(text)
    case .malformedText(let bytes): return "text of \(bytes.count) bytes that are not UTF-8"
    case .bytes(let bytes): return "bytes of length \(bytes.count)"
    case .list(let elements): return "[" + list(elements, depth) + "]"
    case .tuple(let elements):
      return "(" + list(elements, depth) + (elements.count == 1 ? ",)" : ")")
    case .set(let elements): return elements.isEmpty ? "set()" : "{" + list(elements, depth) + "}"
    case .dict(let pairs): return "{" + list(pairs, depth) + "}"
    case .global(let module, let name): return escaped("\(module).\(name)")
    case .persistent: return "persistent id"
    case .object(let object): return description(of: object, id: id, depth: depth)
    }
  }

  private func quoted(_ text: String) -> String {
    let head = text.prefix(Self.descriptionTextCount)
    return "'\(escaped(String(head)))\(head.endIndex == text.endIndex ? "" : "…")'"
  }

  private func list(_ elements: [ID], _ depth: Int) -> String {
    list(elements, depth) { description(of: $0, depth: depth + 1) }
  }

  private func list(_ pairs: [Pair], _ depth: Int) -> String {
    list(pairs, depth) {
      description(of: $0.key, depth: depth + 1) + ": " + description(of: $0.value, depth: depth + 1)
    }
  }

  private func list<T>(_ elements: [T], _ depth: Int, _ describe: (T) -> String) -> String {
    if elements.isEmpty { return "" }
    guard depth < Self.descriptionDepth else { return "…" }
    var parts = elements.prefix(Self.descriptionCount).map(describe)
    if elements.count > parts.count { parts.append("… \(elements.count) in all") }
    return parts.joined(separator: ", ")
  }

  /// A call as it would be written, with `…` for what it is filled with.
  private func description(of object: Object, id: ID, depth: Int) -> String {
    if let path = global(id) { return escaped("\(path.module).\(path.name)") }
    let callee = global(object.callee).map { escaped("\($0.module).\($0.name)") } ?? "object"
    var arguments = list(tuple(object.arguments) ?? [], depth)
    let hasContents =
      !object.states.isEmpty || !object.items.isEmpty || !object.elements.isEmpty
      || object.keywordArguments != nil
    if hasContents { arguments += arguments.isEmpty ? "…" : ", …" }
    return "\(callee)(\(arguments))"
  }
}
