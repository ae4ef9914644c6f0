#if canImport(Glibc)
internal import Glibc
#endif

/// A buffer of bytes on the heap, owned by one place and read and written through spans.
///
/// Unlike an array it is never copied by accident, and its memory is taken from the system only where
/// it is touched.
@safe
public struct TensorBytes: ~Copyable, @unchecked Sendable {
  // Sendable: the pointer is private, has one owner, and is written through `mutating` accessors only.
  private let base: UnsafeMutableRawPointer

  /// How many bytes it holds.
  public let byteCount: Int

  /// A buffer of `byteCount` zeros, where the number is the program's own.
  ///
  /// - Precondition: The system has that much memory.
  public init(byteCount: Int) {
    guard let base = unsafe Self.allocate(byteCount) else {
      preconditionFailure("the system has no \(byteCount) bytes of memory left")
    }
    unsafe self.base = base
    self.byteCount = byteCount
  }

  /// A buffer of `byteCount` bytes that begins at a multiple of `alignment`; nothing is in it yet.
  ///
  /// - Precondition: The system has that much memory, and the alignment is a power of two.
  init(byteCount: Int, alignment: Int) {
    precondition(byteCount > 0, "an aligned buffer has bytes")
    var base: UnsafeMutableRawPointer?
    let code = unsafe posix_memalign(&base, alignment, byteCount)
    guard code == 0, let base = unsafe base else {
      preconditionFailure("the system has no \(byteCount) bytes of memory left")
    }
    unsafe self.base = base
    self.byteCount = byteCount
  }

  /// A buffer of `byteCount` zeros, where the number is a file's.
  ///
  /// - Throws: `noMemory`.
  public init(reserving byteCount: Int) throws(FileError) {
    guard let base = unsafe Self.allocate(byteCount) else { throw .noMemory(needed: byteCount) }
    unsafe self.base = base
    self.byteCount = byteCount
  }

  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    precondition(byteCount >= 0, "a buffer cannot have fewer than no bytes")
    return unsafe calloc(max(1, byteCount), 1)
  }

  deinit { unsafe free(base) }

  /// All of its bytes.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // SAFETY: `base` holds `byteCount` bytes for as long as `self` lives.
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// All of its bytes, for writing.
  public var mutableBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get {
      // SAFETY: as above, and the exclusive access to `self` lasts as long as the span.
      let span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// The bytes of `range`, for writing.
  @_lifetime(&self)
  public mutating func mutableBytes(_ range: Range<Int>) -> MutableRawSpan {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "outside the buffer")
    // SAFETY: the range was checked; the exclusive access to `self` lasts as long as the span.
    let start = unsafe base + range.lowerBound
    let span = unsafe MutableRawSpan(_unsafeStart: start, byteCount: range.count)
    return unsafe _overrideLifetime(span, mutating: &self)
  }
}
