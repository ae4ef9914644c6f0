/// Reads JSON from bytes, token by token, as strictly as serde_json does.
///
/// In order of priority: accept and reject exactly what serde_json does; know the offset of each fault;
/// allocate nothing but the strings that are asked for. The caller keeps the grammar of containers:
///
///     var object = try scanner.enter(.object)
///     while try scanner.next(in: &object) { let key = try scanner.key(); … }
struct JSONScanner: ~Escapable {
  /// serde_json's recursion limit: the 128th level is refused.
  static let maximumDepth = 127

  let bytes: Span<UInt8>

  /// Where the next byte is, counted from the text's start.
  var offset = 0

  private(set) var depth = 0

  /// A scanner at the first of `bytes`.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// An open array or object.
  struct Container {
    /// Which of the two.
    let kind: Kind
    fileprivate(set) var isEmpty = true

    /// Arrays and objects.
    enum Kind { case array, object }

    var closing: UInt8 { kind == .array ? UInt8(ascii: "]") : UInt8(ascii: "}") }
    var opening: UInt8 { kind == .array ? UInt8(ascii: "[") : UInt8(ascii: "{") }
    var name: String { kind == .array ? "an array" : "an object" }
  }

  /// The next byte that is not white space, which stays; nil at the end.
  @_lifetime(self: copy self)
  mutating func peek() -> UInt8? {
    while offset < bytes.count {
      let byte = bytes[offset]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      offset += 1
    }
    return nil
  }

  /// The fault of finding what stands here where `needed` was.
  func unexpected(_ needed: String) -> JSONError {
    guard offset < bytes.count else { return fault(.unexpectedEnd) }
    return fault(.unexpected(byte: bytes[offset], needed: needed))
  }

  func fault(_ reason: JSONError.Reason) -> JSONError {
    JSONError(byteOffset: offset, reason: reason)
  }

  /// Consumes an opening bracket.
  @_lifetime(self: copy self)
  mutating func enter(_ kind: Container.Kind) throws(JSONError) -> Container {
    let container = Container(kind: kind)
    guard peek() == container.opening else {
      guard offset < bytes.count else { throw fault(.unexpectedEnd) }
      throw fault(.mismatch(needed: container.name))
    }
    guard depth < Self.maximumDepth else { throw fault(.tooDeep) }
    depth += 1
    offset += 1
    return container
  }

  /// Whether another element or member follows; consumes the comma before it or the closing bracket.
  @_lifetime(self: copy self)
  mutating func next(in container: inout Container) throws(JSONError) -> Bool {
    if peek() == container.closing {
      offset += 1
      depth -= 1
      return false
    }
    if container.isEmpty {
      container.isEmpty = false
      guard offset < bytes.count else { throw fault(.unexpectedEnd) }
      return true
    }
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: ",") else {
      throw unexpected(container.kind == .array ? "',' or ']'" : "',' or '}'")
    }
    offset += 1
    guard peek() != container.closing else { throw unexpected("a value after ','") }
    return true
  }

  /// Consumes a member's key and the colon behind it.
  @_lifetime(self: copy self)
  mutating func key() throws(JSONError) -> StringToken {
    guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
    let key = try string()
    guard peek() == UInt8(ascii: ":") else { throw unexpected("':'") }
    offset += 1
    return key
  }

  /// Consumes `null`, `true` or `false`.
  @_lifetime(self: copy self)
  mutating func literal(_ word: [UInt8]) throws(JSONError) {
    for byte in word {
      guard offset < bytes.count, bytes[offset] == byte else {
        throw unexpected("'\(String(decoding: word, as: UTF8.self))'")
      }
      offset += 1
    }
  }

  /// Whether `null` comes next; consumes it if so.
  @_lifetime(self: copy self)
  mutating func skipNull() throws(JSONError) -> Bool {
    guard peek() == UInt8(ascii: "n") else { return false }
    try literal(JSONLiteral.null)
    return true
  }

  /// Consumes white space up to the end; throws if anything else is there.
  @_lifetime(self: copy self)
  mutating func finish() throws(JSONError) {
    guard peek() == nil else { throw fault(.trailingCharacters) }
  }
}

/// JSON's three words.
enum JSONLiteral {
  static let null = [UInt8]("null".utf8)
  static let `true` = [UInt8]("true".utf8)
  static let `false` = [UInt8]("false".utf8)
}
