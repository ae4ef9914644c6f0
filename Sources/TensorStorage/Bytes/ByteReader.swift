/// A cursor over bytes that answers nil, and stays where it is, when they run out.
///
/// Inlinable where parsers of other modules call it for each field: a generic function is not
/// specialised across modules otherwise, which made directories of zip archives four times as slow.
public struct ByteReader: ~Escapable {
  @usableFromInline let bytes: RawSpan
  @usableFromInline var position = 0

  /// A cursor at the first of `bytes`.
  @inlinable @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) { self.bytes = bytes }

  /// Where the next byte is, counted from the span's start.
  @inlinable public var offset: Int { position }

  /// How many bytes are left.
  @inlinable public var remainingCount: Int { bytes.byteCount - position }

  /// Whether every byte was consumed.
  @inlinable public var isAtEnd: Bool { position == bytes.byteCount }

  /// The next byte, which stays.
  @inlinable public var peeked: UInt8? {
    position < bytes.byteCount ? bytes.byte(at: position) : nil
  }

  /// Moves to `offset`; false, and nothing, if it is outside the bytes.
  @discardableResult @inlinable @_lifetime(self: copy self)
  public mutating func seek(to offset: Int) -> Bool {
    guard offset >= 0, offset <= bytes.byteCount else { return false }
    position = offset
    return true
  }

  /// Skips `count` bytes; false, and nothing, if there are fewer.
  @discardableResult @inlinable @_lifetime(self: copy self)
  public mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, count <= remainingCount else { return false }
    position += count
    return true
  }

  /// The next byte.
  @inlinable @_lifetime(self: copy self)
  public mutating func byte() -> UInt8? {
    guard let byte = peeked else { return nil }
    position += 1
    return byte
  }

  /// The next integer, least significant byte first.
  @inlinable @_lifetime(self: copy self)
  public mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type = T.self) -> T? {
    guard MemoryLayout<T>.size <= remainingCount else { return nil }
    let value = bytes.integer(at: position, as: T.self)
    position += MemoryLayout<T>.size
    return value
  }

  /// The next `count` bytes.
  @inlinable @_lifetime(copy self)
  public mutating func span(_ count: Int) -> RawSpan? {
    guard count >= 0, count <= remainingCount else { return nil }
    let part = bytes.extracting(position..<(position + count))
    position += count
    return part
  }

  /// A copy of the next `count` bytes.
  @_lifetime(self: copy self)
  public mutating func array(_ count: Int) -> [UInt8]? {
    guard let part = span(count) else { return nil }
    return [UInt8](part)
  }

  /// The next `count` bytes as text.
  ///
  /// - Returns: nil if there are fewer or they are not UTF-8; then nothing is consumed.
  @_lifetime(self: copy self)
  public mutating func text(_ count: Int) -> String? {
    let start = position
    guard let part = span(count) else { return nil }
    if let text = String(validating: part) { return text }
    position = start
    return nil
  }
}
