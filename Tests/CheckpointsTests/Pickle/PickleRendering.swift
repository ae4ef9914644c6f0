internal import Checkpoints

/// The exact text of a value, as `render` of the script that made the vectors writes it.
struct PickleRendering {
  let graph: PickleGraph

  static func text(_ graph: PickleGraph) -> String {
    PickleRendering(graph: graph).text(graph.root)
  }

  private func text(_ id: PickleGraph.ID) -> String {
    // Python was told to read the strings of Python 2 as bytes.
    if let bytes = graph.bytes(id) { return "bytes:" + hexadecimal(bytes) }
    switch graph[id] {
    case .none: return "None"
    case .bool(let value): return value ? "True" : "False"
    case .int(let value): return "int:" + hexadecimal(digits(value))
    case .bigInt(let digits): return "int:" + hexadecimal(digits)
    case .float(let value):
      return "float:" + hexadecimal(bytes(value.bitPattern.bigEndian))
    case .text(let text): return "text:" + hexadecimal(Array(text.utf8))
    case .malformedText(let bytes): return "text:" + hexadecimal(bytes)
    case .bytes(let bytes): return "bytes:" + hexadecimal(bytes)
    case .list(let elements): return "[" + list(elements) + "]"
    case .tuple(let elements): return "(" + list(elements) + ")"
    case .set(let elements):
      return "<" + elements.map(text).sorted().joined(separator: " ") + ">"
    case .dict(let pairs): return "{" + self.pairs(pairs) + "}"
    case .global(let module, let name): return "\(module).\(name)"
    case .persistent(let inner): return "pid(" + text(inner) + ")"
    case .object(let object): return text(object)
    }
  }

  private func text(_ object: PickleGraph.Object) -> String {
    var parts = [text(object.callee), text(object.arguments)]
    if let keywords = object.keywordArguments { parts.append("keywords" + text(keywords)) }
    if !object.items.isEmpty { parts.append("items{" + pairs(object.items) + "}") }
    if !object.elements.isEmpty { parts.append("elements[" + list(object.elements) + "]") }
    if !object.states.isEmpty { parts.append("states[" + list(object.states) + "]") }
    return "call<" + parts.joined(separator: " ") + ">"
  }

  private func list(_ elements: [PickleGraph.ID]) -> String {
    elements.map(text).joined(separator: " ")
  }

  private func pairs(_ pairs: [PickleGraph.Pair]) -> String {
    pairs.map { text($0.key) + "=" + text($0.value) }.joined(separator: " ")
  }

  /// The fewest bytes of two's complement.
  private func digits(_ value: Int) -> [UInt8] {
    var digits = bytes(UInt64(bitPattern: Int64(value)))
    while digits.count > 1 {
      let shorter = digits.dropLast()
      let isNegative = (shorter.last ?? 0) >= 0x80
      guard digits.last == (isNegative ? 0xFF : 0), (value < 0) == isNegative else { break }
      digits.removeLast()
    }
    return digits
  }

  private func bytes(_ bits: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    let alphabet = Array("0123456789abcdef")
    return String(bytes.flatMap { [alphabet[Int($0 >> 4)], alphabet[Int($0 & 15)]] })
  }
}
