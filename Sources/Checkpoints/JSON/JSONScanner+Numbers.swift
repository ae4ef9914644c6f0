extension JSONScanner {
  /// A number: an integer where it is written as one and fits, else a double.
  enum Number: Equatable {
    case integer(Int)
    case double(Double)
  }

  /// Consumes an integer from 0 to 2⁶⁴ − 1, written as serde_json needs it for a `u64`.
  ///
  /// `1.0`, `1e3`, `-0` and `01` are refused, as there.
  @_lifetime(self: copy self)
  mutating func unsignedInteger() throws(JSONError) -> UInt64 {
    let needed = JSONError.Reason.mismatch(needed: "an integer from 0 to 2^64 - 1")
    guard let first = peek() else { throw fault(.unexpectedEnd) }
    guard Self.isDigit(first) else { throw fault(needed) }
    let start = offset
    var value: UInt64 = 0
    while offset < bytes.count, Self.isDigit(bytes[offset]) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, tooLarge) = product.addingReportingOverflow(UInt64(bytes[offset] &- 0x30))
      guard !overflow, !tooLarge else { throw JSONError(byteOffset: start, reason: needed) }
      value = sum
      offset += 1
    }
    if first == UInt8(ascii: "0"), offset - start > 1 {
      throw JSONError(byteOffset: start, reason: .invalidNumber)
    }
    if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") || bytes[offset] | 0x20 == 0x65 {
      throw JSONError(byteOffset: start, reason: needed)
    }
    return value
  }

  /// Consumes a number of any kind.
  @_lifetime(self: copy self)
  mutating func number() throws(JSONError) -> Number {
    _ = peek()
    let start = offset
    let isInteger = try skipNumber()
    var digits = ""
    for position in start..<offset { digits.unicodeScalars.append(Unicode.Scalar(bytes[position])) }
    if isInteger, digits != "-0", let integer = Int(digits) { return .integer(integer) }
    guard let value = Double(digits), value.isFinite else {
      throw JSONError(byteOffset: start, reason: .numberOutOfRange)
    }
    return .double(value)
  }

  /// Passes over a number; answers whether it is written as an integer.
  @_lifetime(self: copy self)
  private mutating func skipNumber() throws(JSONError) -> Bool {
    if offset < bytes.count, bytes[offset] == UInt8(ascii: "-") { offset += 1 }
    let first = offset
    try skipDigits()
    if bytes[first] == UInt8(ascii: "0"), offset - first > 1 {
      throw JSONError(byteOffset: first, reason: .invalidNumber)
    }
    let end = offset
    if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
      offset += 1
      try skipDigits()
    }
    if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if offset < bytes.count, bytes[offset] == 0x2B || bytes[offset] == 0x2D { offset += 1 }
      try skipDigits()
    }
    return offset == end
  }

  /// Passes over one digit or more.
  @_lifetime(self: copy self)
  private mutating func skipDigits() throws(JSONError) {
    guard offset < bytes.count else { throw fault(.unexpectedEnd) }
    guard Self.isDigit(bytes[offset]) else { throw fault(.invalidNumber) }
    while offset < bytes.count, Self.isDigit(bytes[offset]) { offset += 1 }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}
