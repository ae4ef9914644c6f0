/// Which characters of a string are written as escapes.
package enum JSONEscaping: Sendable {
  /// serde_json: quotes, backslashes and control characters below U+0020; all else as UTF-8.
  case serde
  /// Python's `json` with `ensure_ascii`: also everything outside of space…`~`, in UTF-16 units.
  case python
}

extension [UInt8] {
  /// Appends `text` as a JSON string, quotes included.
  package mutating func appendJSONString(_ text: String, escaping: JSONEscaping) {
    append(UInt8(ascii: "\""))
    if Self.isPlain(text, escaping: escaping) {
      append(contentsOf: text.utf8)
    } else if escaping == .serde {
      for byte in text.utf8 { appendJSONByte(byte) }
    } else {
      for unit in text.utf16 { appendJSONUnit(unit) }
    }
    append(UInt8(ascii: "\""))
  }

  /// Whether the text stands in JSON as it is.
  private static func isPlain(_ text: String, escaping: JSONEscaping) -> Bool {
    let bytes = text.utf8Span.span
    let limit: UInt8 = escaping == .serde ? 0xFF : 0x7E
    for position in bytes.indices {
      let byte = bytes[position]
      guard byte >= 0x20, byte <= limit, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
      else { return false }
    }
    return true
  }

  private mutating func appendJSONByte(_ byte: UInt8) {
    if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { return append(byte) }
    append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: append(UInt8(ascii: "b"))
    case 0x09: append(UInt8(ascii: "t"))
    case 0x0A: append(UInt8(ascii: "n"))
    case 0x0C: append(UInt8(ascii: "f"))
    case 0x0D: append(UInt8(ascii: "r"))
    case 0x20...: append(byte)
    default: appendHexadecimal(UInt16(byte))
    }
  }

  private mutating func appendJSONUnit(_ unit: UInt16) {
    if unit < 0x7F { return appendJSONByte(UInt8(unit)) }
    append(UInt8(ascii: "\\"))
    appendHexadecimal(unit)
  }

  /// `uXXXX`, with lower-case digits.
  private mutating func appendHexadecimal(_ unit: UInt16) {
    append(UInt8(ascii: "u"))
    for shift in [12, 8, 4, 0] {
      let digit = UInt8(truncatingIfNeeded: unit >> UInt16(shift)) & 0xF
      append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
    }
  }
}
