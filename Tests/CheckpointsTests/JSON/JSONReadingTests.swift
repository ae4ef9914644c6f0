internal import Checkpoints
internal import Testing

@Suite struct `JSON text` {
  static let accepted: [(String, JSONValue)] = [
    ("null", nil), ("true", true), (" false\n", false), ("\t\r\n0 ", 0), ("-12", -12),
    ("9223372036854775807", .int(.max)), ("9223372036854775808", 9223372036854775808.0),
    ("-0", .double(-0.0)), ("1.50", 1.5), ("1e2", 100.0), ("2E-1", 0.2), ("1e+2", 100.0),
    (#""a\"\\\/\b\f\n\r\tb""#, "a\"\\/\u{8}\u{C}\n\r\tb"), (#""\u00e9\uD83D\uDE00""#, "é😀"),
    ("\"\u{7F}é\u{2028}\"", "\u{7F}é\u{2028}"), ("[]", []), ("[ ]", []), ("{}", [:]),
    ("[1,[2,{}],\"x\"]", [1, [2, [:]], "x"]),
    (#"{"b" : 1 , "a":{"c":[]},"":null}"#, ["b": 1, "a": ["c": []], "": nil]),
  ]

  @Test(arguments: accepted)
  func `is read as what it says`(text: String, value: JSONValue) throws {
    #expect(try JSONText([UInt8](text.utf8)).value == value)
  }

  static let refused: [(String, Int, JSONError.Reason)] = [
    ("", 0, .unexpectedEnd), ("  ", 2, .unexpectedEnd), ("[1", 2, .unexpectedEnd),
    ("{\"a\":", 5, .unexpectedEnd), ("\"abc", 4, .unexpectedEnd), ("\"a\\", 3, .unexpectedEnd),
    ("\"\\u12", 5, .unexpectedEnd), ("-", 1, .unexpectedEnd), ("1.", 2, .unexpectedEnd),
    ("{} x", 3, .trailingCharacters), ("1 2", 2, .trailingCharacters),
    ("[1,]", 3, .unexpected(byte: 0x5D, needed: "a value after ','")),
    ("{\"a\":1,}", 7, .unexpected(byte: 0x7D, needed: "a value after ','")),
    ("[1 2]", 3, .unexpected(byte: 0x32, needed: "',' or ']'")),
    ("{\"a\":1]", 6, .unexpected(byte: 0x5D, needed: "',' or '}'")),
    ("{\"a\" 1}", 5, .unexpected(byte: 0x31, needed: "':'")),
    ("{a:1}", 1, .unexpected(byte: 0x61, needed: "a key in double quotes")),
    ("nul", 3, .unexpectedEnd), ("nulL", 3, .unexpected(byte: 0x4C, needed: "'null'")),
    ("NaN", 0, .unexpected(byte: 0x4E, needed: "a JSON value")),
    ("[//\n1]", 1, .unexpected(byte: 0x2F, needed: "a JSON value")),
    ("\u{FEFF}{}", 0, .unexpected(byte: 0xEF, needed: "a JSON value")),
    ("\u{C}1", 0, .unexpected(byte: 0x0C, needed: "a JSON value")),
    ("\"a\nb\"", 2, .controlCharacter(0x0A)), ("\"\0\"", 1, .controlCharacter(0)),
    ("\"\\x\"", 1, .invalidEscape), ("\"\\u00g0\"", 5, .invalidEscape),
    ("\"\\ud800\"", 1, .loneSurrogate), ("\"\\udc00\"", 1, .loneSurrogate),
    ("\"\\ud800\\u0041\"", 1, .loneSurrogate), ("\"\\ud800\\n\"", 1, .loneSurrogate),
    ("01", 0, .invalidNumber), ("-01", 1, .invalidNumber),
    ("+1", 0, .unexpected(byte: 0x2B, needed: "a JSON value")),
    (".5", 0, .unexpected(byte: 0x2E, needed: "a JSON value")), ("1.x", 2, .invalidNumber),
    ("1ex", 2, .invalidNumber),
    ("1e999", 0, .numberOutOfRange), (#"{"a":1,"a":2}"#, 7, .duplicateKey("a")),
    (#"{"a":1,"\u0061":2}"#, 7, .duplicateKey("a")),
  ]

  @Test(arguments: refused)
  func `is refused at the byte that is wrong`(
    text: String, byteOffset: Int, reason: JSONError.Reason
  ) {
    #expect(throws: JSONError(byteOffset: byteOffset, reason: reason)) {
      try JSONText([UInt8](text.utf8))
    }
  }

  @Test func `is refused where a string is not UTF-8`() {
    #expect(throws: JSONError(byteOffset: 1, reason: .invalidText)) {
      try JSONText([0x22, 0xC3, 0x28, 0x22])
    }
  }

  @Test func `may be nested 127 levels deep, and no deeper`() throws {
    func nested(_ depth: Int) -> [UInt8] {
      [UInt8](String(repeating: "[", count: depth).utf8)
        + [UInt8](String(repeating: "]", count: depth).utf8)
    }
    #expect(try JSONText(nested(127)).value.elements?.count == 1)
    #expect(throws: JSONError(byteOffset: 127, reason: .tooDeep)) { try JSONText(nested(128)) }
    #expect(throws: JSONError(byteOffset: 127, reason: .tooDeep)) {
      try JSONText(nested(1_000_000))
    }
  }

  @Test func `keeps keys apart that differ in bytes only`() throws {
    let value = try JSONText([UInt8]("{\"e\u{301}\":1,\"\u{E9}\":2}".utf8)).value
    #expect(value.members?.count == 2)
    #expect(value["\u{E9}"] == 2)
  }

  @Test func `knows where a value of a path stands`() throws {
    let text = try JSONText([UInt8]("{\n  \"a\": 1,\n  \"é\": [true, {\"c\": 7}]\n}".utf8))
    let offset = try #require(
      text.byteOffset(of: [.member("é"), .element(1), .member("c")]))
    #expect(offset == 33)
    #expect(text.position(ofByte: offset) == (3, 21))
    #expect(text.byteOffset(of: [.member("x")]) == nil)
    #expect(text.byteOffset(of: [.member("é"), .element(2)]) == nil)
    #expect(text.byteOffset(of: [.member("a"), .element(0)]) == nil)
    #expect(text.byteOffset(of: []) == 0)
  }
}
