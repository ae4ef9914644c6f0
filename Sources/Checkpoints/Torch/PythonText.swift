internal import TensorStorage

/// Values as Python prints them: keys that are not text become names that way.
enum PythonText {
  /// How deep tuples within a key are printed.
  private static let depth = 8

  /// What `str(key)` is; nil if the key is text that is not UTF-8.
  static func name(ofKey key: TorchValue) -> String? {
    switch key.node {
    case .text(let text): text
    case .malformedText: nil
    default: representation(of: key, depth: depth)
    }
  }

  /// What `repr(value)` is, for the values that are met as keys.
  private static func representation(of value: TorchValue, depth: Int) -> String {
    switch value.node {
    case .none: "None"
    case .bool(let flag): flag ? "True" : "False"
    case .int(let number): String(number)
    case .bigInt(let digits): decimal(digits)
    case .float(let number): PythonText.number(number)
    case .text(let text): quoted(text)
    case .malformedText(let bytes), .bytes(let bytes): quoted(bytes)
    case .tuple(let elements): tuple(elements.map(value.sibling), depth: depth)
    case .global(let module, let name):
      module == "torch" ? "torch.\(name)" : "<class '\(module).\(name)'>"
    default: object(value, depth: depth)
    }
  }

  private static func tuple(_ elements: [TorchValue], depth: Int) -> String {
    guard depth > 0 else { return "(...)" }
    let parts = elements.map { representation(of: $0, depth: depth - 1) }
    return "(" + parts.joined(separator: ", ") + (parts.count == 1 ? ",)" : ")")
  }

  private static func object(_ value: TorchValue, depth: Int) -> String {
    if let bytes = value.bytes { return quoted(bytes) }
    if let object = value.object, value.isArray,
      let number = NumpyValue(TensorCall(object, of: value))?.integer
    {
      return String(number)
    }
    if depth > 0, value.meaning == .size, let sizes = value.integers {
      return "torch.Size(\(sizes))"
    }
    return "<\(value.className ?? "object") at \(value.id.position)>"
  }

  /// The decimal digits of an integer in two's complement, least significant byte first.
  static func decimal(_ digits: [UInt8]) -> String {
    // The conversion takes time that grows with the square of the length.
    guard digits.count <= 512 else { return "<int of \(digits.count) bytes>" }
    let isNegative = digits.last.map { $0 >= 0x80 } ?? false
    var magnitude = isNegative ? negated(digits) : digits
    var text = ""
    while magnitude.contains(where: { $0 != 0 }) {
      var remainder = 0
      for index in magnitude.indices.reversed() {
        let value = remainder << 8 | Int(magnitude[index])
        magnitude[index] = UInt8(value / 10)
        remainder = value % 10
      }
      text.append(String(remainder))
    }
    return (isNegative ? "-" : "") + (text.isEmpty ? "0" : String(text.reversed()))
  }

  private static func negated(_ digits: [UInt8]) -> [UInt8] {
    var carry = 1
    return digits.map { byte in
      let sum = Int(~byte) + carry
      carry = sum >> 8
      return UInt8(sum & 0xFF)
    }
  }
}

extension PythonText {
  /// What `repr` makes of a float: the shortest digits that mean it, as Swift finds them too, but with an
  /// exponent from 1e16 on and below 1e-4.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    let sign = value.sign == .minus ? "-" : ""
    if value == 0 { return sign + "0.0" }
    let (digits, exponent) = shortestDigits(of: value.magnitude)
    if exponent < -3 || exponent > 16 {
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      let power = String(abs(exponent - 1))
      return sign + digits.prefix(1) + fraction + "e" + (exponent < 1 ? "-" : "+")
        + (power.count < 2 ? "0" : "") + power
    }
    if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digits }
    let whole = digits.prefix(exponent)
    let zeros = String(repeating: "0", count: exponent - whole.count)
    let fraction = digits.dropFirst(exponent)
    return sign + whole + zeros + "." + (fraction.isEmpty ? "0" : fraction)
  }

  /// The digits, and where the point stands: `0.digits × 10^exponent`.
  private static func shortestDigits(of value: Double) -> (digits: String, exponent: Int) {
    let parts = value.description.split(separator: "e")
    let number = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = String(number[0])
    let fraction = number.count > 1 ? String(number[1]) : ""
    var exponent = whole.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    var digits = Substring(whole + fraction)
    while digits.first == "0" {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.last == "0" { digits.removeLast() }
    return (String(digits), exponent)
  }

  /// Text as Python quotes it: in single quotes unless it has some and no double ones.
  static func quoted(_ text: String) -> String {
    let quote: Unicode.Scalar =
      text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
    var result = String(quote)
    for scalar in text.unicodeScalars { result += escape(scalar, quote: quote) }
    return result + String(quote)
  }

  private static func escape(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String {
    switch scalar {
    case quote, "\\": return "\\" + String(scalar)
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default: break
    }
    guard !isPrintable(scalar) else { return String(scalar) }
    switch scalar.value {
    case ..<0x100: return "\\x" + hexadecimal(scalar.value, digitCount: 2)
    case ..<0x10000: return "\\u" + hexadecimal(scalar.value, digitCount: 4)
    default: return "\\U" + hexadecimal(scalar.value, digitCount: 8)
    }
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == " " { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  /// Bytes as Python prints them.
  static func quoted(_ bytes: [UInt8]) -> String {
    let quote = bytes.contains(0x27) && !bytes.contains(0x22) ? "\"" : "'"
    return "b" + quote
      + bytes.map { byte in
        switch byte {
        case 0x5C: "\\\\"
        case 0x0A: "\\n"
        case 0x0D: "\\r"
        case 0x09: "\\t"
        case 0x20..<0x7F:
          byte == 0x27 && quote == "'" ? "\\'" : String(Unicode.Scalar(byte))
        default: "\\x" + hexadecimal(UInt32(byte), digitCount: 2)
        }
      }.joined() + quote
  }

  private static func hexadecimal(_ value: UInt32, digitCount: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digitCount - digits.count)) + digits
  }
}
