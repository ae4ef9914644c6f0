internal import TensorStorage

extension PickleMachine {
  mutating func pushInt(_ value: Int) {
    push(PickleCells.Cell(kind: .int, small: 0, large: value))
  }

  /// BINFLOAT: eight bytes, most significant first.
  mutating func pushBinaryFloat() throws(PickleFault) {
    let bits = try integer(UInt64.self).byteSwapped
    push(PickleCells.Cell(kind: .float, small: 0, large: Int(truncatingIfNeeded: bits)))
  }

  /// A text or byte string that lies in the pickle as it is.
  mutating func pushBytes(_ kind: PickleCells.Kind, _ count: Int) throws(PickleFault) {
    let range = try take(count)
    push(PickleCells.Cell(kind: kind, small: Int32(range.count), large: range.lowerBound))
  }

  /// Text that lies in the pickle as UTF-8.
  mutating func pushText(_ count: Int) throws(PickleFault) {
    let range = try take(count)
    guard PythonEscapes.isText(source[range]) else { throw .malformedText }
    push(PickleCells.Cell(kind: .text, small: Int32(range.count), large: range.lowerBound))
  }

  /// LONG1 and LONG4: an integer in two's complement, least significant byte first.
  mutating func pushDigits(_ count: Int) throws(PickleFault) {
    pushDigits(at: try take(count), of: source, offset: 0)
  }

  /// An integer whose digits lie at `range` of `bytes`, which begin at `offset` of source and decoded bytes.
  mutating func pushDigits(at range: Range<Int>, of bytes: [UInt8], offset: Int) {
    var end = range.upperBound
    while end - range.lowerBound > 1, isSignOnly(bytes[end - 1], above: bytes[end - 2]) { end -= 1 }
    guard end - range.lowerBound > 8 else {
      return pushInt(smallInteger(bytes[range.lowerBound..<end]))
    }
    let count = Int32(end - range.lowerBound)
    push(PickleCells.Cell(kind: .bigInt, small: count, large: offset + range.lowerBound))
  }

  /// Whether `byte` only repeats the sign of the byte below it.
  private func isSignOnly(_ byte: UInt8, above lower: UInt8) -> Bool {
    byte == 0 && lower < 0x80 || byte == 0xFF && lower >= 0x80
  }

  /// The value of at most eight digits.
  private func smallInteger(_ digits: ArraySlice<UInt8>) -> Int {
    guard let last = digits.last else { return 0 }
    var value = last >= 0x80 ? -1 : 0
    for digit in digits.reversed() { value = value << 8 | Int(digit) }
    return value
  }
}
