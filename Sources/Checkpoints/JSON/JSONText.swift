/// JSON text that has been checked and read.
package struct JSONText: Sendable {
  /// What it says.
  package let value: JSONValue

  private let bytes: [UInt8]

  /// Reads one JSON value, with white space around it.
  ///
  /// As strict as serde_json, and stricter in one thing: a key that occurs twice in an object is refused.
  package init(_ bytes: [UInt8]) throws(JSONError) {
    var builder = JSONValueBuilder()
    var scanner = JSONScanner(bytes.span)
    value = try builder.value(&scanner)
    try scanner.finish()
    self.bytes = bytes
  }

  /// Line and column of a byte, both from 1; columns count characters of the text.
  package func position(ofByte byteOffset: Int) -> (line: Int, column: Int) {
    Self.position(ofByte: byteOffset, in: bytes)
  }

  /// Line and column of a byte of `bytes`, both from 1; columns count Unicode scalars.
  package static func position(
    ofByte byteOffset: Int, in bytes: [UInt8]
  ) -> (line: Int, column: Int) {
    var (line, column) = (1, 1)
    for byte in bytes.prefix(byteOffset) {
      if byte == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }
}

/// One step from a JSON value into it.
package enum JSONStep: Equatable, Sendable {
  /// Into the member of that name.
  case member(String)
  /// Into the element at that position.
  case element(Int)
}

extension JSONText {
  /// Where the value at `path` begins, in bytes; nil if there is none.
  ///
  /// Scans the text again: positions are needed for messages only.
  package func byteOffset(of path: [JSONStep]) -> Int? {
    var scanner = JSONScanner(bytes.span)
    for step in path {
      guard (try? Self.follow(step, &scanner)) == true else { return nil }
    }
    guard scanner.peek() != nil else { return nil }
    return scanner.offset
  }

  /// Moves the scanner from the start of a value to the start of a part of it.
  private static func follow(
    _ step: JSONStep, _ scanner: inout JSONScanner
  ) throws(JSONError) -> Bool {
    switch step {
    case .element(let index):
      var array = try scanner.enter(.array)
      for _ in 0..<index {
        guard try scanner.next(in: &array) else { return false }
        try scanner.skipValue()
      }
      return try scanner.next(in: &array)
    case .member(let name):
      var object = try scanner.enter(.object)
      while try scanner.next(in: &object) {
        let key = try scanner.key()
        if scanner.isEqual(key, to: [UInt8](name.utf8)) { return true }
        try scanner.skipValue()
      }
      return false
    }
  }
}
