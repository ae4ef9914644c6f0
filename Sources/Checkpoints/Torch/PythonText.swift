internal import TensorStorage

/// Values as Python prints them: keys that are not text become names that way.
enum PythonText {
  /// How deep tuples within a key are printed.
  private static let depth = 8

  /// Texts up to this many bytes are made again each time they are asked for.
  private static let keptLength = 256

  /// What `str(key)` is; nil if the key is text that is not UTF-8.
  ///
  /// A pickle can name one long key a hundred thousand times, so that long ones are made once. What is not
  /// text is printed up to the length that a name may have, and all of it up to a limit: a tuple of tuples
  /// can be short in the file and endless on paper.
  static func name(ofKey key: TorchValue) -> String? {
    if let known = key.document.keyNames[key.id] { return known }
    let name: String?
    switch key.node {
    case .text(let text) where text.utf8.count <= keptLength: return text
    case .text(let text): name = text
    case .malformedText: name = nil
    default: name = printed(key)
    }
    key.document.keyNames.updateValue(name, forKey: key.id)
    return name
  }

  private static func printed(_ key: TorchValue) -> String {
    let reading = key.document.reading
    guard reading.printedByteCount < TorchLimits.printedByteCount else { return place(of: key) }
    var room = TorchLimits.nameLength
    let text = representation(of: key, depth: depth, room: &room)
    reading.printedByteCount += TorchLimits.nameLength - room
    return text
  }

  /// What Python prints of an object that says nothing of itself.
  private static func place(of value: TorchValue) -> String {
    "<\(value.className ?? "object") at \(value.id.position)>"
  }

  /// What `repr(value)` is, for the values that are met as keys; `room` is what may still be printed.
  private static func representation(
    of value: TorchValue, depth: Int, room: inout Int
  ) -> String {
    switch value.node {
    case .tuple(let elements):
      let parts = list(elements.map(value.sibling), depth: depth, room: &room)
      return "(" + parts + (elements.count == 1 ? ",)" : ")")
    case .object where value.className == "builtins.frozenset":
      let elements = ValueChildren(of: value, scope: .model).map(\.value)
      return set(elements, depth: depth, room: &room)
    case .set(let elements): return set(elements.map(value.sibling), depth: depth, room: &room)
    default:
      let text = atom(value)
      room -= text.utf8.count
      return text
    }
  }

  /// The elements of a tuple or set, with commas between them.
  private static func list(
    _ elements: [TorchValue], depth: Int, room: inout Int
  ) -> String {
    var parts: [String] = []
    for element in elements {
      guard depth > 0, room > 0 else { return parts.joined(separator: ", ") + "..." }
      parts.append(representation(of: element, depth: depth - 1, room: &room))
      room -= 2
    }
    return parts.joined(separator: ", ")
  }

  /// A set that can be a key, in the order of the file.
  private static func set(
    _ elements: [TorchValue], depth: Int, room: inout Int
  ) -> String {
    let parts = list(elements, depth: depth, room: &room)
    return elements.isEmpty ? "frozenset()" : "frozenset({\(parts)})"
  }

  /// A value without others in it.
  private static func atom(_ value: TorchValue) -> String {
    switch value.node {
    case .none: "None"
    case .bool(let flag): flag ? "True" : "False"
    case .int(let number): String(number)
    case .bigInt(let digits): decimal(digits)
    case .float(let number): PythonText.number(number)
    case .text(let text): quoted(text)
    case .malformedText(let bytes), .bytes(let bytes): quoted(bytes)
    case .global("torch", let name): "torch.\(name)"
    case .global("builtins", let name): "<class '\(name)'>"
    case .global(let module, let name): "<class '\(module).\(name)'>"
    default: object(value)
    }
  }

  private static func object(_ value: TorchValue) -> String {
    if let bytes = value.bytes { return quoted(bytes) }
    if value.isArray, let scalar = TensorCall(value).flatMap(NumpyValue.init)?.printed {
      return scalar
    }
    if value.meaning == .device, let name = device(value.arguments ?? []) { return name }
    if let text = subclassedText(value) { return text }
    if value.meaning == .size, let sizes = value.integers { return "torch.Size(\(sizes))" }
    if value.className == "builtins.complex", let text = complex(value.arguments ?? []) {
      return text
    }
    return place(of: value)
  }

  /// `cuda:1`, of `torch.device('cuda', 1)`.
  private static func device(_ parts: [TorchValue]) -> String? {
    guard let type = parts.first?.text else { return nil }
    return parts.count > 1 ? parts[1].int.map { "\(type):\($0)" } : type
  }

  /// The text that an object of a subclass of `str` is: all that it is made of.
  private static func subclassedText(_ value: TorchValue) -> String? {
    guard value.object?.kind == .newObject, let arguments = value.arguments,
      arguments.count == 1
    else { return nil }
    return arguments[0].text
  }

  /// `(1+2j)`, or `2j` without a real part; nil if these are not the two parts of a complex number.
  private static func complex(_ parts: [TorchValue]) -> String? {
    guard parts.count == 2, let real = parts[0].float, let imaginary = parts[1].float else {
      return nil
    }
    let end = part(imaginary) + "j"
    if real == 0, real.sign == .plus { return end }
    return "(" + part(real) + (end.hasPrefix("-") ? "" : "+") + end + ")"
  }

  /// A part of a complex number: whole ones have no point.
  private static func part(_ value: Double) -> String {
    let text = number(value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
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
