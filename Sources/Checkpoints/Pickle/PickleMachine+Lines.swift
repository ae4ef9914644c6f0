internal import TensorStorage

/// The opcodes of protocol 0, whose arguments are lines of text.
extension PickleMachine {
  /// The number of PUT and GET.
  mutating func lineIndex() throws(PickleFault) -> UInt64 {
    let text = try numberLine()
    guard let number = UInt64(text) else { throw .malformedNumber(text) }
    return number
  }

  /// INT: an integer as C reads it, with `0x` and a leading 0 for octal; `00` and `01` are the bools.
  mutating func pushLineInt() throws(PickleFault) {
    let text = try numberLine()
    if text == "00" || text == "01" {
      return push(text == "01" ? PickleCells.true : PickleCells.false)
    }
    try pushInteger(text, octalPrefix: true)
  }

  /// LONG: an integer, and an `L` behind it.
  mutating func pushLineLong() throws(PickleFault) {
    var text = try numberLine()
    if text.hasSuffix("L") { text.removeLast() }
    try pushInteger(text, octalPrefix: false)
  }

  /// FLOAT: a decimal number, `inf` or `nan`.
  mutating func pushLineFloat() throws(PickleFault) {
    let text = try numberLine()
    // Swift reads hexadecimal numbers and NaN payloads too; Python does not.
    guard !text.contains(where: { "xX(".contains($0) }), let value = Double(text) else {
      throw .malformedNumber(text)
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
    pushDecoded(.byteString, bytes)
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
    pushDecoded(.text, bytes)
  }

  /// PERSID: the line is the persistent id.
  mutating func pushLinePersistent() throws(PickleFault) {
    let range = try line()
    push(
      PickleCells.Cell(kind: .text, small: Int32(range.count), large: range.lowerBound))
    try pushPersistent()
  }

  private mutating func pushDecoded(_ kind: PickleCells.Kind, _ bytes: [UInt8]) {
    let offset = source.count + cells.decoded.count
    cells.decoded += bytes
    push(PickleCells.Cell(kind: kind, small: Int32(bytes.count), large: offset))
  }

  /// A line that holds a number, without the space around it that Python ignores.
  private mutating func numberLine() throws(PickleFault) -> String {
    var range = try line()
    guard range.count <= limits.digitCount else {
      throw .tooManyDigits(count: range.count, limit: limits.digitCount)
    }
    while let first = source[range].first, isSpace(first) { range = range.dropFirst() }
    while let last = source[range].last, isSpace(last) { range = range.dropLast() }
    return String(decoding: source[range], as: UTF8.self)
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

  private mutating func pushInteger(_ text: String, octalPrefix: Bool) throws(PickleFault) {
    if text.first != "0", text.utf8.count < 19, let value = Int(text) { return pushInt(value) }
    guard let digits = PythonInteger.digits(of: text, octalPrefix: octalPrefix) else {
      throw .malformedNumber(text)
    }
    let offset = source.count + cells.decoded.count
    cells.decoded += digits
    pushDigits(at: 0..<digits.count, of: digits, offset: offset)
  }
}
