extension JSONScanner {
  /// Passes over the next value, checking all of it; allocates nothing but a level of nesting.
  @_lifetime(self: copy self)
  mutating func skipValue() throws(JSONError) {
    var open: [Container] = []
    repeat {
      if let container = try skipScalarOrEnter() { open.append(container) }
      while var innermost = open.popLast() {
        guard try next(in: &innermost) else { continue }
        if innermost.kind == .object { _ = try key() }
        open.append(innermost)
        break
      }
    } while !open.isEmpty
  }

  /// Passes over a scalar, or over an opening bracket, whose container is the result.
  @_lifetime(self: copy self)
  private mutating func skipScalarOrEnter() throws(JSONError) -> Container? {
    switch peek() {
    case UInt8(ascii: "["): return try enter(.array)
    case UInt8(ascii: "{"): return try enter(.object)
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "n"): try literal(JSONLiteral.null)
    case UInt8(ascii: "t"): try literal(JSONLiteral.true)
    case UInt8(ascii: "f"): try literal(JSONLiteral.false)
    case UInt8(ascii: "-"), .some(0x30...0x39): _ = try number()
    default: throw unexpected("a JSON value")
    }
    return nil
  }
}
