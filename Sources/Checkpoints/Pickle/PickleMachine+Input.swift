extension PickleMachine {
  /// The place of the next `count` bytes, which are consumed.
  ///
  /// An opcode and its argument lie within one frame, or behind the last one.
  mutating func take(_ count: Int) throws(PickleFault) -> Range<Int> {
    leaveFrameAtItsEnd()
    guard count <= readLimit - position else {
      throw isInFrame ? .frameCutsOpcode : .truncated
    }
    let range = position..<position + count
    position += count
    return range
  }

  mutating func byte() throws(PickleFault) -> UInt8 {
    source[try take(1).lowerBound]
  }

  /// The next integer, least significant byte first.
  mutating func integer<T: FixedWidthInteger>(_: T.Type) throws(PickleFault) -> T {
    var value: T = 0
    let range = try take(T.bitWidth / 8)
    for index in range.reversed() { value = value << 8 | T(truncatingIfNeeded: source[index]) }
    return value
  }

  /// A length of four bytes that Python reads as a signed number.
  mutating func signedCount() throws(PickleFault) -> Int {
    let count = try integer(Int32.self)
    guard count >= 0 else { throw .negativeLength(Int(count)) }
    return Int(count)
  }

  /// A length of eight bytes.
  mutating func longCount() throws(PickleFault) -> Int {
    let count = try integer(UInt64.self)
    guard let count = Int(exactly: count) else { throw .truncated }
    return count
  }

  /// The place of the bytes up to the next line feed, which is consumed too.
  mutating func line() throws(PickleFault) -> Range<Int> {
    leaveFrameAtItsEnd()
    let start = position
    guard let end = source[start..<readLimit].firstIndex(of: 0x0A) else {
      throw isInFrame ? .frameCutsOpcode : .truncated
    }
    position = end + 1
    return start..<end
  }

  /// PROTO.
  mutating func setVersion() throws(PickleFault) {
    let declared = Int(try byte())
    guard declared <= 5 else { throw .unsupportedProtocol(declared) }
    version = declared
  }

  /// FRAME: the next `count` bytes hold whole opcodes.
  mutating func beginFrame() throws(PickleFault) {
    let declared = try integer(UInt64.self)
    leaveFrameAtItsEnd()
    guard !isInFrame else { throw .nestedFrame }
    let remaining = source.count - position
    guard declared <= UInt64(remaining) else {
      throw .frameTooLong(declared: declared, remaining: remaining)
    }
    readLimit = position + Int(declared)
    isInFrame = true
  }

  private mutating func leaveFrameAtItsEnd() {
    guard isInFrame, position == readLimit else { return }
    isInFrame = false
    readLimit = source.count
  }
}
