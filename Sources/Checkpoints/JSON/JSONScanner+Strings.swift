extension JSONScanner {
  /// A string in the text: where it stands between its quotes, and whether it has escapes.
  struct StringToken {
    /// The bytes between the quotes.
    var range: Range<Int>
    /// Whether a backslash stands in it.
    var hasEscapes: Bool
  }

  /// Consumes a string, checking it to its last escape, and says where it stands.
  @_lifetime(self: copy self)
  mutating func string() throws(JSONError) -> StringToken {
    guard peek() == UInt8(ascii: "\"") else {
      guard offset < bytes.count else { throw fault(.unexpectedEnd) }
      throw fault(.mismatch(needed: "a string"))
    }
    offset += 1
    let start = offset
    var hasEscapes = false
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        offset += 1
        return StringToken(range: start..<(offset - 1), hasEscapes: hasEscapes)
      }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        _ = try escape()
        continue
      }
      guard byte >= 0x20 else { throw fault(.controlCharacter(byte)) }
      offset += 1
    }
    throw fault(.unexpectedEnd)
  }

  /// Whether the token, its escapes carried out, is `text`.
  func isEqual(_ token: StringToken, to text: [UInt8]) -> Bool {
    if token.hasEscapes { return (try? decoded(token)).map { $0 == text } ?? false }
    guard token.range.count == text.count else { return false }
    for position in 0..<text.count where bytes[token.range.lowerBound + position] != text[position]
    {
      return false
    }
    return true
  }

  /// The token's text.
  func text(_ token: StringToken) throws(JSONError) -> String {
    if token.hasEscapes {
      guard let text = String(validating: try decoded(token), as: UTF8.self) else {
        throw JSONError(byteOffset: token.range.lowerBound, reason: .invalidText)
      }
      return text
    }
    guard let text = try? UTF8Span(validating: bytes.extracting(token.range)) else {
      throw JSONError(byteOffset: token.range.lowerBound, reason: .invalidText)
    }
    return String(copying: text)
  }

  /// The token's bytes, its escapes carried out.
  private func decoded(_ token: StringToken) throws(JSONError) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(token.range.count)
    var scanner = self
    scanner.offset = token.range.lowerBound
    while scanner.offset < token.range.upperBound {
      let byte = scanner.bytes[scanner.offset]
      if byte == UInt8(ascii: "\\") {
        text.append(contentsOf: try scanner.escape().utf8)
      } else {
        text.append(byte)
        scanner.offset += 1
      }
    }
    return text
  }

  /// Consumes one escape, from its backslash on.
  @_lifetime(self: copy self)
  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard offset + 1 < bytes.count else {
      throw JSONError(byteOffset: bytes.count, reason: .unexpectedEnd)
    }
    let letter = bytes[offset + 1]
    if letter == UInt8(ascii: "u") { return try unicodeEscape() }
    guard let scalar = Self.shortEscape(letter) else { throw fault(.invalidEscape) }
    offset += 2
    return scalar
  }

  private static func shortEscape(_ letter: UInt8) -> Unicode.Scalar? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(letter)
    case UInt8(ascii: "b"): "\u{8}"
    case UInt8(ascii: "f"): "\u{C}"
    case UInt8(ascii: "n"): "\n"
    case UInt8(ascii: "r"): "\r"
    case UInt8(ascii: "t"): "\t"
    default: nil
    }
  }

  /// Consumes `\uXXXX`, and the second half that a leading surrogate needs.
  @_lifetime(self: copy self)
  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let start = offset
    let first = try hexadecimalUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let lone = JSONError(byteOffset: start, reason: .loneSurrogate)
    guard first < 0xDC00, offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
      bytes[offset + 1] == UInt8(ascii: "u")
    else { throw lone }
    let second = try hexadecimalUnit()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(
        0x10000 + (UInt32(first - 0xD800) << 10 | UInt32(second - 0xDC00)))
    else { throw lone }
    return scalar
  }

  /// Consumes `\u` and four hexadecimal digits.
  @_lifetime(self: copy self)
  private mutating func hexadecimalUnit() throws(JSONError) -> UInt16 {
    guard bytes.count - offset >= 6 else {
      throw JSONError(byteOffset: bytes.count, reason: .unexpectedEnd)
    }
    var unit: UInt16 = 0
    for position in (offset + 2)..<(offset + 6) {
      guard let digit = Self.hexadecimalDigit(bytes[position]) else {
        throw JSONError(byteOffset: position, reason: .invalidEscape)
      }
      unit = unit << 4 | UInt16(digit)
    }
    offset += 6
    return unit
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
