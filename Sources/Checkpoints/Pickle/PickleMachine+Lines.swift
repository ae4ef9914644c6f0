internal import TensorStorage

/// The opcodes of protocol 0, whose arguments are lines of text.
extension PickleMachine {
  /// The number of PUT and GET.
  mutating func lineIndex() throws(PickleFault) -> UInt64 {
    let text = try numberLine(limit: limits.digitCount)
    guard let number = UInt64(String(decoding: text, as: UTF8.self)) else {
      throw malformed(text)
    }
    return number
  }

  /// INT: an integer as C reads it, with `0x` and a leading 0 for octal; `00` and `01` are the bools.
  mutating func pushLineInt() throws(PickleFault) {
    let text = try numberLine(limit: limits.digitCount)
    if text == [0x30, 0x30] || text == [0x30, 0x31] {
      return push(text.last == 0x31 ? PickleCells.true : PickleCells.false)
    }
    try pushInteger(text, leadingZero: .octal)
  }

  /// LONG: an integer, and an `L` behind it.
  mutating func pushLineLong() throws(PickleFault) {
    var text = try numberLine(limit: limits.digitCount)
    if text.last == UInt8(ascii: "L") { text.removeLast() }
    try pushInteger(text, leadingZero: .malformed)
  }

  /// FLOAT: a decimal number, `inf` or `nan`.
  mutating func pushLineFloat() throws(PickleFault) {
    let text = try numberLine(limit: limits.floatCharacterCount)
    // Swift reads hexadecimal numbers and NaN payloads too; Python does not.
    let isForeign = text.contains {
      $0 == UInt8(ascii: "x") || $0 == UInt8(ascii: "X") || $0 == UInt8(ascii: "(")
    }
    guard !isForeign, let value = Double(String(decoding: text, as: UTF8.self)) else {
      throw malformed(text)
    }
    push(
      PickleCells.Cell(
        kind: .float, small: 0, large: Int(truncatingIfNeeded: value.bitPattern)))
  }

  /// STRING: a Python literal in quotes, of bytes.
  mutating func pushLineString() throws(PickleFault) {
    var range = try line()
    guard range.count >= 2, let quote = source[range].first, quote == 0x27 || quote == 0x22,
      source[range].last == quote
    else { throw .unquotedString }
    range = range.lowerBound + 1..<range.upperBound - 1
    guard source[range].contains(0x5C) else {
      let count = Int32(range.count)
      return push(PickleCells.Cell(kind: .byteString, small: count, large: range.lowerBound))
    }
    guard let bytes = PythonEscapes.bytes(ofLiteral: source[range]) else { throw .malformedEscape }
    try pushDecoded(.byteString, bytes)
  }

  /// UNICODE: Latin-1 with `\u` and `\U` escapes.
  mutating func pushLineUnicode() throws(PickleFault) {
    let range = try line()
    guard source[range].contains(where: { $0 == 0x5C || $0 >= 0x80 }) else {
      let count = Int32(range.count)
      return push(PickleCells.Cell(kind: .text, small: count, large: range.lowerBound))
    }
    guard let bytes = PythonEscapes.utf8(ofRawUnicode: source[range]) else {
      throw .malformedEscape
    }
    try pushDecoded(.text, bytes)
  }

  /// PERSID: the line is the persistent id.
  mutating func pushLinePersistent() throws(PickleFault) {
    let range = try line()
    push(
      PickleCells.Cell(kind: .text, small: Int32(range.count), large: range.lowerBound))
    try pushPersistent()
  }

  private mutating func pushDecoded(
    _ kind: PickleCells.Kind, _ bytes: [UInt8]
  ) throws(PickleFault) {
    let offset = try store(decoded: bytes)
    push(PickleCells.Cell(kind: kind, small: Int32(bytes.count), large: offset))
  }

  /// Keeps bytes that do not lie in the pickle; the result is their place.
  private mutating func store(decoded bytes: [UInt8]) throws(PickleFault) -> Int {
    guard bytes.count <= limits.decodedByteCount - cells.decoded.count else {
      throw .tooMuchText(limit: limits.decodedByteCount)
    }
    let offset = source.count + cells.decoded.count
    cells.decoded += bytes
    return offset
  }

  /// A line that holds a number, without the space around it that Python ignores.
  private mutating func numberLine(limit: Int) throws(PickleFault) -> ArraySlice<UInt8> {
    var range = try line()
    guard range.count <= limit else { throw .tooManyDigits(count: range.count, limit: limit) }
    while let first = source[range].first, isSpace(first) { range = range.dropFirst() }
    while let last = source[range].last, isSpace(last) { range = range.dropLast() }
    return source[range]
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

  private func malformed(_ number: ArraySlice<UInt8>) -> PickleFault {
    .malformedNumber(String(decoding: number.prefix(40), as: UTF8.self))
  }

  private mutating func pushInteger(
    _ text: ArraySlice<UInt8>, leadingZero: PythonInteger.LeadingZero
  ) throws(PickleFault) {
    if let value = smallInteger(text) { return pushInt(value) }
    guard let digits = PythonInteger.digits(of: text, leadingZero: leadingZero) else {
      throw malformed(text)
    }
    guard digits.count > 8 else { return pushDigits(at: 0..<digits.count, of: digits, offset: 0) }
    let offset = try store(decoded: digits)
    pushDigits(at: 0..<digits.count, of: digits, offset: offset)
  }

  /// Nearly all integers: a few decimal digits, the first not 0.
  private func smallInteger(_ text: ArraySlice<UInt8>) -> Int? {
    var digits = text
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative { digits.removeFirst() }
    guard digits.count <= 18, let first = digits.first, first != 0x30 || digits.count == 1 else {
      return nil
    }
    var value = 0
    for digit in digits {
      guard 0x30...0x39 ~= digit else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return isNegative ? -value : value
  }
}
