// `span.bytes` of an array is marked unsafe in Swift 6.3 for element types with padding; bytes have none.

extension [UInt8] {
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

extension MutableRawSpan {
  /// The bytes of `range`, for writing.
  @_lifetime(&self)
  public mutating func part(_ range: Range<Int>) -> MutableRawSpan {
    _mutatingExtracting(range)
  }
}

extension RawSpan {
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
