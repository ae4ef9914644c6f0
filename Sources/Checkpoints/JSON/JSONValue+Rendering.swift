/// How JSON is laid out and escaped.
package struct JSONStyle: Sendable {
  /// Spaces per level, one member a line; nil for everything on one line without spaces.
  package var indentation: Int?
  /// How strings are escaped.
  package var escaping: JSONEscaping

  /// The bytes of Python's `json.dumps(value, indent=2)`.
  package static let python = JSONStyle(indentation: 2, escaping: .python)
  /// The bytes of Rust's `serde_json::to_string`.
  package static let compact = JSONStyle(indentation: nil, escaping: .serde)
  /// One member a line, text as it is.
  package static let pretty = JSONStyle(indentation: 2, escaping: .serde)
}

extension JSONValue {
  /// The value as JSON text, without a final newline.
  package func rendered(_ style: JSONStyle = .pretty) -> String {
    String(decoding: renderedBytes(style), as: UTF8.self)
  }

  /// The UTF-8 bytes of `rendered`.
  package func renderedBytes(_ style: JSONStyle = .pretty) -> [UInt8] {
    var writer = JSONWriter(style: style)
    writer.write(self, level: 0)
    return writer.bytes
  }
}

/// Writes JSON text of values that are nested as deep as our own code nests them.
private struct JSONWriter {
  let style: JSONStyle
  var bytes: [UInt8] = []

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: bytes += JSONLiteral.null
    case .bool(let value): bytes += value ? JSONLiteral.true : JSONLiteral.false
    case .int(let value): bytes += value.description.utf8
    case .double(let value): write(value)
    case .string(let text): bytes.appendJSONString(text, escaping: style.escaping)
    case .array(let elements): write(elements, level: level)
    case .object(let members): write(members, level: level)
    }
  }

  /// Writes the shortest digits; JSON has no NaN and no infinity, so they become strings.
  private mutating func write(_ value: Double) {
    if value.isFinite {
      bytes += value.description.utf8
    } else {
      let name = value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
      bytes.appendJSONString(name, escaping: style.escaping)
    }
  }

  private mutating func write(_ elements: [JSONValue], level: Int) {
    bytes.append(UInt8(ascii: "["))
    for (position, element) in elements.enumerated() {
      separate(isFirst: position == 0, level: level + 1)
      write(element, level: level + 1)
    }
    close(with: UInt8(ascii: "]"), isEmpty: elements.isEmpty, level: level)
  }

  private mutating func write(_ members: [JSONValue.Member], level: Int) {
    bytes.append(UInt8(ascii: "{"))
    for (position, member) in members.enumerated() {
      separate(isFirst: position == 0, level: level + 1)
      bytes.appendJSONString(member.key, escaping: style.escaping)
      bytes.append(UInt8(ascii: ":"))
      if style.indentation != nil { bytes.append(UInt8(ascii: " ")) }
      write(member.value, level: level + 1)
    }
    close(with: UInt8(ascii: "}"), isEmpty: members.isEmpty, level: level)
  }

  private mutating func separate(isFirst: Bool, level: Int) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    breakLine(level: level)
  }

  private mutating func close(with bracket: UInt8, isEmpty: Bool, level: Int) {
    if !isEmpty { breakLine(level: level) }
    bytes.append(bracket)
  }

  private mutating func breakLine(level: Int) {
    guard let indentation = style.indentation else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes += repeatElement(UInt8(ascii: " "), count: indentation * level)
  }
}
