/// Integers written as text, as Python reads them.
enum PythonInteger {
  /// Where a mere leading 0 leaves the number.
  enum LeadingZero {
    /// Octal, as in C, which reads the INT of protocol 0.
    case octal
    /// Nothing, unless all digits are 0, as in Python 3.
    case malformed
  }

  /// The value in two's complement, least significant byte first, with at least one byte; nil if `text` is not an
  /// integer.
  ///
  /// A sign or none, then digits, `0x` and digits, or where C is not the reader `0o` or `0b` and digits. Takes
  /// time that grows with the square of the length.
  static func digits(of text: ArraySlice<UInt8>, leadingZero: LeadingZero) -> [UInt8]? {
    var rest = text
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    guard let radix = takeRadix(&rest, leadingZero), var bytes = magnitude(rest, radix: radix)
    else { return nil }
    bytes.append(0)
    if isNegative { negate(&bytes) }
    return bytes
  }

  private static func takeRadix(
    _ rest: inout ArraySlice<UInt8>, _ leadingZero: LeadingZero
  ) -> UInt32? {
    guard rest.first == UInt8(ascii: "0"), rest.count > 1 else { return 10 }
    let isC = leadingZero == .octal
    let radix: UInt32? =
      switch Character(Unicode.Scalar(rest[rest.startIndex + 1])) {
      case "x", "X": 16
      case "o", "O": isC ? nil : 8
      case "b", "B": isC ? nil : 2
      default: nil
      }
    if radix != nil {
      rest.removeFirst(2)
      return radix
    }
    if isC { return 8 }
    return rest.allSatisfy { $0 == UInt8(ascii: "0") } ? 10 : nil
  }

  private static func magnitude(_ text: ArraySlice<UInt8>, radix: UInt32) -> [UInt8]? {
    guard !text.isEmpty else { return nil }
    var words: [UInt32] = []
    var rest = text
    while !rest.isEmpty {
      // As many digits at once as one word holds.
      var value: UInt32 = 0
      var scale: UInt32 = 1
      while let digit = rest.first, scale <= UInt32.max / radix / radix {
        guard let digit = digitValue(of: digit), digit < radix else { return nil }
        value = value * radix + digit
        scale *= radix
        rest.removeFirst()
      }
      multiply(&words, by: scale, adding: value)
    }
    return words.flatMap { word in
      [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
  }

  private static func multiply(_ words: inout [UInt32], by scale: UInt32, adding value: UInt32) {
    var carry = UInt64(value)
    for index in words.indices {
      carry += UInt64(words[index]) * UInt64(scale)
      words[index] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
    if carry > 0 { words.append(UInt32(carry)) }
  }

  private static func digitValue(of character: UInt8) -> UInt32? {
    switch character {
    case 0x30...0x39: UInt32(character - 0x30)
    case 0x41...0x46: UInt32(character - 0x41 + 10)
    case 0x61...0x66: UInt32(character - 0x61 + 10)
    default: nil
    }
  }

  private static func negate(_ bytes: inout [UInt8]) {
    var carry = true
    for index in bytes.indices {
      let (sum, overflow) = (~bytes[index]).addingReportingOverflow(carry ? 1 : 0)
      bytes[index] = sum
      carry = overflow
    }
  }
}
