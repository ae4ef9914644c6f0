#if canImport(Glibc)
internal import Glibc
#endif

// What Swift 6.3 leaves unsafe on raw bytes, made safe by a check in one place: loads (any bit pattern
// is an integer), and arrays of bytes as raw bytes (`span.bytes` is marked unsafe because element types
// may have padding; bytes have none).

extension RawSpan {
  /// The byte at `offset`.
  @inlinable
  public func byte(at offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount, "outside the bytes")
    // SAFETY: checked above.
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// The integer at `offset`, least significant byte first; it need not be aligned.
  @inlinable
  public func integer<T: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as _: T.Type = T.self
  ) -> T {
    precondition(offset >= 0 && MemoryLayout<T>.size <= byteCount - offset, "outside the bytes")
    // SAFETY: checked above; unaligned by definition.
    let stored = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self)
    return T(littleEndian: stored)
  }
}

extension MutableRawSpan {
  /// The byte at `offset`.
  @inlinable
  public func byte(at offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount, "outside the bytes")
    // SAFETY: checked above.
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// The bytes of `range`, for writing.
  @_lifetime(&self)
  public mutating func part(_ range: Range<Int>) -> MutableRawSpan {
    _mutatingExtracting(range)
  }
}

extension [UInt8] {
  /// A copy of `bytes`.
  public init(_ bytes: RawSpan) {
    // SAFETY: the buffer lives as long as the closure.
    self = unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// The array's own bytes.
  public var rawBytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // SAFETY: every bit pattern is a UInt8.
      let raw = unsafe span.bytes
      return unsafe _overrideLifetime(raw, borrowing: self)
    }
  }

  /// Calls `body` with the array's own bytes, for writing.
  public mutating func withMutableRawBytes<R, E: Error>(
    _ body: (inout MutableRawSpan) throws(E) -> R
  ) throws(E) -> R {
    var span = mutableSpan
    // SAFETY: every bit pattern is a UInt8.
    var raw = unsafe span.mutableBytes
    return try body(&raw)
  }
}

extension String {
  /// A copy of `bytes` as text; nil if they are not UTF-8.
  public init?(validating bytes: RawSpan) {
    // SAFETY: the buffer lives as long as the closure.
    let text = unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
    guard let text else { return nil }
    self = text
  }
}

extension RawSpan {
  /// Whether both have the same bytes.
  public func hasSameBytes(as other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    // SAFETY: both buffers have that many bytes; memcmp is not given none.
    return unsafe withUnsafeBytes { mine in
      unsafe other.withUnsafeBytes { theirs in
        guard let a = mine.baseAddress, let b = theirs.baseAddress else { return true }
        return unsafe memcmp(a, b, mine.count) == 0
      }
    }
  }

  /// Whether these are the UTF-8 bytes of `text`.
  public func isUTF8(of text: String) -> Bool {
    // SAFETY: both buffers are only read, within the closures, and compared to the same length.
    unsafe withUnsafeBytes { mine in
      let isSame = unsafe text.utf8.withContiguousStorageIfAvailable { other in
        unsafe mine.elementsEqual(other)
      }
      return unsafe isSame ?? mine.elementsEqual(text.utf8)
    }
  }
}

extension MutableRawSpan {
  /// Copies as many bytes as both have.
  ///
  /// - Precondition: Both have equally many.
  public mutating func copy(_ source: RawSpan) {
    precondition(source.byteCount == byteCount, "the source has another number of bytes")
    // SAFETY: both extents are equal, and one of them is accessed exclusively.
    unsafe withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
  }
}
