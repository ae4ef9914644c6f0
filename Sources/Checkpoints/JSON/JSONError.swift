internal import TensorStorage

/// Text that is not the JSON that was needed, and where.
public struct JSONError: Error, Equatable, Sendable {
  /// Where the fault is, in bytes from the text's start.
  public var byteOffset: Int
  /// What is wrong there.
  public var reason: Reason

  /// A fault at a byte.
  public init(byteOffset: Int, reason: Reason) {
    self.byteOffset = byteOffset
    self.reason = reason
  }

  /// What can be wrong with JSON.
  public enum Reason: Equatable, Sendable {
    /// The text ends where something was needed.
    case unexpectedEnd
    /// Another byte stands where `needed` was.
    case unexpected(byte: UInt8, needed: String)
    /// Something follows the value.
    case trailingCharacters
    /// A character below U+0020 stands in a string unescaped.
    case controlCharacter(UInt8)
    /// A backslash is followed by something that is no escape.
    case invalidEscape
    /// A `\u` escape is half of a surrogate pair, without the other half.
    case loneSurrogate
    /// A string is not UTF-8.
    case invalidText
    /// A number with a leading zero, without digits, or cut short.
    case invalidNumber
    /// A number too large for a double.
    case numberOutOfRange
    /// Arrays and objects are nested deeper than `JSONScanner.maximumDepth`.
    case tooDeep
    /// A key occurs twice in one object.
    case duplicateKey(String)
    /// A value of another kind was needed.
    case mismatch(needed: String)
    /// An object lacks a member.
    case missingKey(String)
    /// A text is none of those that have a meaning here.
    case unknownValue(String, needed: String)
    /// There is more of something than the reader takes.
    case tooMany(String, limit: Int)
  }
}

extension JSONError: CustomStringConvertible {
  /// A clause: what is wrong, what was needed.
  public var description: String { reason.description }
}

extension JSONError.Reason: CustomStringConvertible {
  /// A clause: what is wrong, what was needed.
  public var description: String {
    switch self {
    case .unexpectedEnd: "the JSON ends too early"
    case .unexpected(let byte, let needed): "\(needed) was needed, found \(Self.shown(byte))"
    case .trailingCharacters: "something follows the end of the JSON value"
    case .controlCharacter(let byte):
      "\(Self.shown(byte)) stands in a string; JSON needs control characters escaped"
    case .invalidEscape: "a backslash is not followed by a JSON escape"
    case .loneSurrogate: "a \\u escape is half of a surrogate pair"
    case .invalidText: "a string is not UTF-8"
    case .invalidNumber: "not a JSON number"
    case .numberOutOfRange: "the number is too large"
    case .tooDeep:
      "arrays and objects are nested deeper than \(JSONScanner.maximumDepth) levels"
    case .duplicateKey(let key): "the key '\(escaped(key))' occurs twice in one object"
    case .mismatch(let needed): "\(needed) was needed"
    case .missingKey(let key): "'\(key)' is missing"
    case .unknownValue(let text, let needed): "'\(escaped(text))' is none of \(needed)"
    case .tooMany(let noun, let limit):
      "more than \(limit) \(noun), the most that this program takes"
    }
  }

  private static func shown(_ byte: UInt8) -> String {
    if (0x21...0x7E).contains(byte) { return "'\(Unicode.Scalar(byte))'" }
    let digits = String(byte, radix: 16, uppercase: true)
    return "byte 0x\(digits.count == 1 ? "0" : "")\(digits)"
  }
}
