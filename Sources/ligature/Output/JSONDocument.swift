internal import Checkpoints

/// The one JSON document that a verb answers with under `--json`, written as it is put together.
///
/// Members and elements of the outer two levels have a line each, so that the text can be read and grepped;
/// what is inside of them stands in one line. Text is ASCII, other characters as `\u` escapes: a name
/// cannot do anything to a terminal.
struct JSONDocument {
  /// Levels whose members have a line each.
  private static let spreadLevelCount = 2

  private let stream: StandardStream
  private var bytes: [UInt8] = []
  /// For each container that is open, whether it is empty so far.
  private var isEmpty: [Bool] = []

  /// A document with its schema number.
  init(on stream: StandardStream) {
    self.stream = stream
    beginObject()
    member("schema", 1)
  }

  /// Whether somebody still reads; long loops may end if not.
  var isOpen: Bool { stream.isOpen }

  /// Adds a member.
  mutating func member(_ key: String, _ value: JSONValue) {
    self.key(key)
    write(value)
  }

  /// Adds an element to the array that is open.
  mutating func element(_ value: JSONValue) {
    beginItem()
    write(value)
  }

  /// Begins an object: the document, or an element of the array that is open.
  mutating func beginObject() { begin(UInt8(ascii: "{"), isMember: false) }

  /// Begins an object that is a member.
  mutating func beginObject(_ key: String) {
    self.key(key)
    begin(UInt8(ascii: "{"), isMember: true)
  }

  /// Begins an array that is an element of the array that is open.
  mutating func beginArray() { begin(UInt8(ascii: "["), isMember: false) }

  /// Begins an array that is a member.
  mutating func beginArray(_ key: String) {
    self.key(key)
    begin(UInt8(ascii: "["), isMember: true)
  }

  /// Ends the innermost object.
  mutating func endObject() { end(UInt8(ascii: "}")) }

  /// Ends the innermost array.
  mutating func endArray() { end(UInt8(ascii: "]")) }

  /// Ends the document and passes it on.
  mutating func finish() {
    endObject()
    bytes.append(UInt8(ascii: "\n"))
    flush()
  }

  private mutating func key(_ key: String) {
    beginItem()
    bytes.appendJSONString(key, escaping: .python)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(UInt8(ascii: " "))
  }

  private mutating func write(_ value: JSONValue) {
    switch value {
    case .array(let elements):
      begin(UInt8(ascii: "["), isMember: true)
      for element in elements { self.element(element) }
      endArray()
    case .object(let members):
      begin(UInt8(ascii: "{"), isMember: true)
      for member in members { self.member(member.key, member.value) }
      endObject()
    case .string(let text): bytes.appendJSONString(text, escaping: .python)
    case .int(let number): bytes.appendDecimal(number)
    default: bytes.append(contentsOf: value.renderedBytes(.compact))
    }
  }

  private mutating func begin(_ bracket: UInt8, isMember: Bool) {
    if !isMember { beginItem() }
    bytes.append(bracket)
    isEmpty.append(true)
  }

  /// Separates an item from the one before it.
  private mutating func beginItem() {
    guard let isFirst = isEmpty.popLast() else { return }
    isEmpty.append(false)
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    if isEmpty.count <= Self.spreadLevelCount {
      if bytes.count >= 1 << 16 { flush() }
      breakLine()
    } else if !isFirst {
      bytes.append(UInt8(ascii: " "))
    }
  }

  private mutating func end(_ bracket: UInt8) {
    let wasSpread = isEmpty.count <= Self.spreadLevelCount
    let wasEmpty = isEmpty.popLast() ?? true
    if wasSpread && !wasEmpty { breakLine() }
    bytes.append(bracket)
  }

  private mutating func breakLine() {
    bytes.append(UInt8(ascii: "\n"))
    for _ in isEmpty {
      bytes.append(UInt8(ascii: " "))
      bytes.append(UInt8(ascii: " "))
    }
  }

  private mutating func flush() {
    stream.write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}
