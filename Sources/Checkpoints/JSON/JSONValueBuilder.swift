/// Makes a `JSONValue` of the tokens of a scanner, without recursion.
struct JSONValueBuilder {
  /// An array or object whose end has not been met.
  private struct Open {
    var container: JSONScanner.Container
    var elements: [JSONValue] = []
    var members: [JSONValue.Member] = []
    var keys: Set<TensorName> = []
    var key = ""

    mutating func append(_ value: JSONValue) {
      switch container.kind {
      case .array: elements.append(value)
      case .object: members.append(JSONValue.Member(key, value))
      }
    }

    var value: JSONValue { container.kind == .array ? .array(elements) : .object(members) }
  }

  private var open: [Open] = []

  /// Consumes the next value.
  mutating func value(_ scanner: inout JSONScanner) throws(JSONError) -> JSONValue {
    open = []
    while true {
      if let value = try begin(&scanner), open.isEmpty { return value }
      if let value = try closeFinished(&scanner) { return value }
    }
  }

  /// Consumes a scalar, adding it to the innermost container, or the opening of a container.
  private mutating func begin(_ scanner: inout JSONScanner) throws(JSONError) -> JSONValue? {
    switch scanner.peek() {
    case UInt8(ascii: "["): open.append(Open(container: try scanner.enter(.array)))
    case UInt8(ascii: "{"): open.append(Open(container: try scanner.enter(.object)))
    default:
      let value = try Self.scalar(&scanner)
      if open.isEmpty { return value }
      open[open.count - 1].append(value)
    }
    return nil
  }

  /// Goes on to the next element or member, closing containers that end; the outermost is the result.
  private mutating func closeFinished(_ scanner: inout JSONScanner) throws(JSONError) -> JSONValue?
  {
    while var innermost = open.popLast() {
      if try scanner.next(in: &innermost.container) {
        if innermost.container.kind == .object { try Self.beginMember(&innermost, &scanner) }
        open.append(innermost)
        return nil
      }
      if open.isEmpty { return innermost.value }
      open[open.count - 1].append(innermost.value)
    }
    return nil
  }

  private static func beginMember(
    _ object: inout Open, _ scanner: inout JSONScanner
  ) throws(JSONError) {
    _ = scanner.peek()
    let start = scanner.offset
    object.key = try scanner.text(try scanner.key())
    guard object.keys.insert(TensorName(object.key)).inserted else {
      throw JSONError(byteOffset: start, reason: .duplicateKey(object.key))
    }
  }

  private static func scalar(_ scanner: inout JSONScanner) throws(JSONError) -> JSONValue {
    switch scanner.peek() {
    case UInt8(ascii: "\""): return .string(try scanner.text(try scanner.string()))
    case UInt8(ascii: "n"): try scanner.literal(JSONLiteral.null)
    case UInt8(ascii: "t"):
      try scanner.literal(JSONLiteral.true)
      return .bool(true)
    case UInt8(ascii: "f"):
      try scanner.literal(JSONLiteral.false)
      return .bool(false)
    case UInt8(ascii: "-"), .some(0x30...0x39):
      switch try scanner.number() {
      case .integer(let value): return .int(value)
      case .double(let value): return .double(value)
      }
    default: throw scanner.unexpected("a JSON value")
    }
    return .null
  }
}
