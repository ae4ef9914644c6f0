/// A cursor over bytes that answers nil, and stays where it is, when they run out.
///
/// Inlinable where parsers of other modules call it for each field: a generic function is not
/// specialised across modules otherwise, which made directories of zip archives four times as slow.
public struct ByteReader: ~Escapable {
  @usableFromInline let bytes: RawSpan

  @usableFromInline var position = 0

  /// Where the next byte is, counted from the span's start.
  @inlinable public var offset: Int { position }

  /// A cursor at the first of `bytes`.
  @_lifetime(copy bytes)
  @inlinable public init(_ bytes: RawSpan) { self.bytes = bytes }

  /// How many bytes are left.
  @inlinable public var remainingCount: Int { bytes.byteCount - offset }

  /// Whether every byte was consumed.
  @inlinable public var isAtEnd: Bool { offset == bytes.byteCount }

  /// The next byte, which stays.
  @inlinable public var peeked: UInt8? {
    guard offset < bytes.byteCount else { return nil }
    // SAFETY: checked above.
    return unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// Moves to `offset`; false, and nothing, if it is outside the bytes.
  @discardableResult @_lifetime(self: copy self)
  @inlinable public mutating func seek(to offset: Int) -> Bool {
    guard offset >= 0, offset <= bytes.byteCount else { return false }
    position = offset
    return true
  }

  /// Skips `count` bytes; false, and nothing, if there are fewer.
  @discardableResult @_lifetime(self: copy self)
  @inlinable public mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, count <= remainingCount else { return false }
    position += count
    return true
  }

  /// The next byte.
  @_lifetime(self: copy self)
  @inlinable public mutating func byte() -> UInt8? {
    guard let byte = peeked else { return nil }
    position += 1
    return byte
  }

  /// The next integer, least significant byte first.
  @_lifetime(self: copy self)
  @inlinable public mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type = T.self
  ) -> T? {
    guard MemoryLayout<T>.size <= remainingCount else { return nil }
    // SAFETY: checked above; unaligned by definition.
    let value = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self)
    position += MemoryLayout<T>.size
    return T(littleEndian: value)
  }

  /// The next `count` bytes.
  @_lifetime(copy self)
  @inlinable public mutating func span(_ count: Int) -> RawSpan? {
    guard count >= 0, count <= remainingCount else { return nil }
    let part = bytes.extracting(offset..<(offset + count))
    position += count
    return part
  }

  /// A copy of the next `count` bytes.
  @_lifetime(self: copy self)
  public mutating func array(_ count: Int) -> [UInt8]? {
    guard let part = span(count) else { return nil }
    return [UInt8](part)
  }

  /// The next `count` bytes as text; nil if there are fewer or they are not UTF-8 (nothing is consumed).
  @_lifetime(self: copy self)
  public mutating func text(_ count: Int) -> String? {
    let start = offset
    guard let part = span(count) else { return nil }
    if let text = String(validating: part) { return text }
    position = start
    return nil
  }
}

extension [UInt8] {
  /// A copy of `bytes`.
  public init(_ bytes: RawSpan) {
    // SAFETY: the buffer lives as long as the closure.
    self = unsafe bytes.withUnsafeBytes { buffer in unsafe [UInt8](buffer) }
  }
}

extension String {
  /// A copy of `bytes` as text; nil if they are not UTF-8.
  public init?(validating bytes: RawSpan) {
    // SAFETY: the buffer lives as long as the closure.
    guard
      let text = unsafe bytes.withUnsafeBytes({ buffer in
        unsafe String(validating: buffer, as: UTF8.self)
      })
    else { return nil }
    self = text
  }
}
