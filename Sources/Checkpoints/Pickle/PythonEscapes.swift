/// Escapes of Python's literals.
enum PythonEscapes {
  private static let backslash: UInt8 = 0x5C

  /// The bytes of a literal of Python 2's `str`, without its quotes; nil if an escape is malformed.
  static func bytes(ofLiteral literal: ArraySlice<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    var rest = literal
    while let byte = rest.popFirst() {
      guard byte == backslash else {
        result.append(byte)
        continue
      }
      guard let escape = rest.popFirst() else { return nil }
      switch escape {
      case 0x0A: break
      case 0x30...0x37:
        rest = literal[(rest.startIndex - 1)...]
        result.append(octal(&rest))
      case 0x78:  // x
        guard let value = hexadecimal(&rest, count: 2) else { return nil }
        result.append(UInt8(value))
      default:
        if let control = controls[escape] {
          result.append(control)
        } else {
          result += [backslash, escape]
        }
      }
    }
    return result
  }

  private static let controls: [UInt8: UInt8] = [
    0x5C: 0x5C, 0x27: 0x27, 0x22: 0x22, 0x61: 0x07, 0x62: 0x08, 0x74: 0x09, 0x6E: 0x0A,
    0x76: 0x0B, 0x66: 0x0C, 0x72: 0x0D,
  ]

  /// Whether Python reads these bytes as text: UTF-8 in which lone surrogates may have three bytes each
  /// (`surrogatepass`).
  static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil {
      return true
    }
    var others: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      let isSurrogate =
        byte == 0xED && rest.count >= 2 && 0xA0...0xBF ~= rest[rest.startIndex]
        && 0x80...0xBF ~= rest[rest.startIndex + 1]
      if isSurrogate { rest.removeFirst(2) }
      // A letter in its place keeps what stands around it apart.
      others.append(isSurrogate ? 0x78 : byte)
    }
    return String(validating: others, as: UTF8.self) != nil
  }

  /// The UTF-8 of a line in Python's `raw-unicode-escape`; nil if an escape is malformed.
  ///
  /// Lone surrogates become three bytes each, as in Python's binary pickles: not UTF-8.
  static func utf8(ofRawUnicode line: ArraySlice<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    var rest = line
    while let byte = rest.popFirst() {
      guard byte == backslash, let escape = rest.first else {
        append(UInt32(byte), to: &result)
        continue
      }
      rest.removeFirst()
      guard escape == 0x75 || escape == 0x55 else {  // u, U
        result.append(backslash)
        append(UInt32(escape), to: &result)
        continue
      }
      let scalar = hexadecimal(&rest, count: escape == 0x75 ? 4 : 8)
      guard let scalar, scalar <= 0x10FFFF else { return nil }
      append(scalar, to: &result)
    }
    return result
  }

  /// At most three octal digits; what goes beyond a byte is dropped, as in Python.
  private static func octal(_ rest: inout ArraySlice<UInt8>) -> UInt8 {
    var value = 0
    for _ in 0..<3 {
      guard let digit = rest.first, 0x30...0x37 ~= digit else { break }
      value = value * 8 + Int(digit - 0x30)
      rest.removeFirst()
    }
    return UInt8(truncatingIfNeeded: value)
  }

  private static func hexadecimal(_ rest: inout ArraySlice<UInt8>, count: Int) -> UInt32? {
    guard rest.count >= count else { return nil }
    let digits = rest.prefix(count)
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    rest.removeFirst(count)
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
    switch scalar {
    case ..<0x80: bytes.append(UInt8(scalar))
    case ..<0x800: bytes += [UInt8(0xC0 | scalar >> 6), continuation(scalar)]
    case ..<0x10000:
      bytes += [UInt8(0xE0 | scalar >> 12), continuation(scalar >> 6), continuation(scalar)]
    default:
      bytes += [
        UInt8(0xF0 | scalar >> 18), continuation(scalar >> 12), continuation(scalar >> 6),
        continuation(scalar),
      ]
    }
  }

  private static func continuation(_ scalar: UInt32) -> UInt8 { UInt8(0x80 | scalar & 0x3F) }
}
