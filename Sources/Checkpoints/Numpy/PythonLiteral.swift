internal import TensorStorage

/// A value as Python writes it: what `ast.literal_eval` makes of a `.npy` header, without Python.
enum PythonLiteral: Equatable {
  case none
  case bool(Bool)
  /// nil where it does not fit into 64 bits.
  case integer(Int?)
  case text(String)
  case tuple([PythonLiteral])
  case list([PythonLiteral])
  case dictionary([Pair])

  /// A key and its value.
  struct Pair: Equatable {
    var key: PythonLiteral
    var value: PythonLiteral
  }

  /// What in a text is not a literal: the offset of the first byte that cannot be read.
  struct SyntaxError: Error, Equatable {
    var offset: Int
  }

  /// The one literal that `text` is, with white space around it.
  init(parsing text: RawSpan) throws(SyntaxError) {
    var parser = PythonLiteralParser(text)
    self = try parser.literal()
  }
}

/// Reads one literal, without recursion and without evaluating anything.
struct PythonLiteralParser: ~Escapable {
  /// A shape is one container in a dictionary, the fields of a structured dtype a few.
  private static let maximumDepth = 16

  private enum Kind {
    case tuple, list, dictionary

    var closing: UInt8 {
      switch self {
      case .tuple: UInt8(ascii: ")")
      case .list: UInt8(ascii: "]")
      case .dictionary: UInt8(ascii: "}")
      }
    }
  }

  /// A container whose end has not been met.
  private struct Open {
    var kind: Kind
    var elements: [PythonLiteral] = []
    var keys: [PythonLiteral] = []
    /// Whether a comma stands behind the last element.
    var hasComma = true
  }

  private var reader: ByteReader
  private var open: [Open] = []

  /// A parser at the start of `text`.
  @_lifetime(copy text)
  init(_ text: RawSpan) { reader = ByteReader(text) }

  /// Reads to the end of the text.
  @_lifetime(self: copy self)
  mutating func literal() throws(PythonLiteral.SyntaxError) -> PythonLiteral {
    while true {
      guard var value = try next() else { continue }
      while let container = open.last {
        try place(value, in: container)
        guard let closed = close() else { break }
        value = closed
      }
      guard open.isEmpty else { continue }
      skipSpace()
      guard reader.isAtEnd else { throw error }
      return value
    }
  }

  private var error: PythonLiteral.SyntaxError {
    PythonLiteral.SyntaxError(offset: reader.offset)
  }

  /// The next scalar, or an empty container; nil after the opening of a container.
  @_lifetime(self: copy self)
  private mutating func next() throws(PythonLiteral.SyntaxError) -> PythonLiteral? {
    skipSpace()
    switch reader.peeked {
    case UInt8(ascii: "("): return try begin(.tuple)
    case UInt8(ascii: "["): return try begin(.list)
    case UInt8(ascii: "{"): return try begin(.dictionary)
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return try text()
    case .some(0x2D), .some(0x30...0x39): return try integer()
    default: return try word()
    }
  }

  @_lifetime(self: copy self)
  private mutating func begin(_ kind: Kind) throws(PythonLiteral.SyntaxError) -> PythonLiteral? {
    guard open.count < Self.maximumDepth else { throw error }
    reader.skip(1)
    open.append(Open(kind: kind))
    return close()
  }

  /// Adds an element to the innermost container and reads what separates it from the next.
  @_lifetime(self: copy self)
  private mutating func place(
    _ value: PythonLiteral, in container: Open
  ) throws(PythonLiteral.SyntaxError) {
    skipSpace()
    var container = container
    if container.kind == .dictionary, container.keys.count == container.elements.count {
      guard reader.peeked == UInt8(ascii: ":") else { throw error }
      container.keys.append(value)
      // An element has to follow.
      container.hasComma = false
    } else {
      container.elements.append(value)
      container.hasComma = reader.peeked == UInt8(ascii: ",")
      guard container.hasComma || reader.peeked == container.kind.closing else { throw error }
    }
    if reader.peeked != container.kind.closing { reader.skip(1) }
    open[open.count - 1] = container
  }

  /// Ends the innermost container, if its closing bracket is next.
  @_lifetime(self: copy self)
  private mutating func close() -> PythonLiteral? {
    skipSpace()
    guard let container = open.last, reader.peeked == container.kind.closing,
      container.kind != .dictionary || container.keys.count == container.elements.count
    else { return nil }
    reader.skip(1)
    open.removeLast()
    switch container.kind {
    case .list: return .list(container.elements)
    case .dictionary:
      return .dictionary(zip(container.keys, container.elements).map(PythonLiteral.Pair.init))
    case .tuple:
      // `(4)` is 4 in brackets.
      let isGroup = container.elements.count == 1 && !container.hasComma
      return isGroup ? container.elements[0] : .tuple(container.elements)
    }
  }

  @_lifetime(self: copy self)
  private mutating func skipSpace() {
    while let byte = reader.peeked, [0x20, 0x09, 0x0A, 0x0C, 0x0D].contains(byte) { reader.skip(1) }
  }
}

extension PythonLiteralParser {
  @_lifetime(self: copy self)
  private mutating func text() throws(PythonLiteral.SyntaxError) -> PythonLiteral {
    let quote = reader.byte()
    var bytes: [UInt8] = []
    while let byte = reader.byte() {
      if byte == quote { return .text(String(decoding: bytes, as: UTF8.self)) }
      // An escape stands for a character that no name of a dtype has: kept as it is written.
      if byte == UInt8(ascii: "\\"), let escaped = reader.byte() {
        bytes += [byte, escaped]
      } else {
        bytes.append(byte)
      }
    }
    throw error
  }

  /// Digits, perhaps with a sign before and the `L` of Python 2 behind them.
  @_lifetime(self: copy self)
  private mutating func integer() throws(PythonLiteral.SyntaxError) -> PythonLiteral {
    let isNegative = reader.peeked == UInt8(ascii: "-")
    if isNegative { reader.skip(1) }
    var value: Int? = 0
    var digitCount = 0
    while let byte = reader.peeked, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      // Python 3 refuses leading zeros, which meant octal in Python 2.
      if digitCount == 1, value == 0 { throw error }
      value = value.flatMap { Self.appended(Int(byte - 0x30), to: $0) }
      digitCount += 1
      reader.skip(1)
    }
    guard digitCount > 0 else { throw error }
    if reader.peeked == UInt8(ascii: "L") { reader.skip(1) }
    return .integer(isNegative ? value.map { -$0 } : value)
  }

  private static func appended(_ digit: Int, to value: Int) -> Int? {
    let (product, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, tooLarge) = product.addingReportingOverflow(digit)
    return overflow || tooLarge ? nil : sum
  }

  @_lifetime(self: copy self)
  private mutating func word() throws(PythonLiteral.SyntaxError) -> PythonLiteral {
    let words: [(StaticString, PythonLiteral)] = [
      ("True", .bool(true)), ("False", .bool(false)), ("None", .none),
    ]
    let start = reader.offset
    for (word, value) in words {
      if reader.text(word.utf8CodeUnitCount) == word.description { return value }
      reader.seek(to: start)
    }
    throw error
  }
}
