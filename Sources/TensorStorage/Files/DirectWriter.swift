internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Writes that go from a buffer to the disk, past the system's cache of pages.
///
/// Bytes that are to be synced are on their way to the disk anyhow. Copying them to the cache first costs the
/// processor more than the disk needs to take them, fills the memory with what nobody reads, and leaves a
/// long wait for the end. What the disk cannot take so, the parts of pages at the ends of a piece, goes
/// through the cache; the system keeps the two apart, since they are never the same page.
final class DirectWriter: Sendable {
  /// What places in the file and in memory have to be multiples of.
  ///
  /// Disks ask for 512 or 4096; a page is what the cache keeps apart.
  static let pageByteCount = 4096
  /// A file of one piece or less is synced as fast in the usual way.
  private static let leastFileByteCount = 1 << 20

  private let descriptor: Int32
  private let isRefused = Atomic(false)

  /// Opens the file once more; nil if it is small or the file system has no such writes.
  init?(path: String, byteCount: Int) {
    guard byteCount >= Self.leastFileByteCount,
      let descriptor = try? SystemCalls.openForDirectWriting(path)
    else { return nil }
    self.descriptor = descriptor
  }

  deinit { SystemCalls.close(descriptor) }

  /// The part of `bytes`, which are to begin at `offset`, that is whole pages in memory and in the file.
  func pages(of bytes: RawSpan, at offset: Int) -> Range<Int> {
    let page = Self.pageByteCount
    let place = SystemCalls.placeInPage(of: bytes, pageByteCount: page)
    let start = (page - place) % page
    guard place == offset % page, start < bytes.byteCount else { return 0..<0 }
    return start..<(start + (bytes.byteCount - start) / page * page)
  }

  /// Writes some of the bytes, which are whole pages; says how many, 0 if the disk takes none in this way.
  func write(_ bytes: RawSpan, at offset: Int) throws(SystemError) -> Int {
    if isRefused.load(ordering: .relaxed) { return 0 }
    do {
      return try SystemCalls.write(descriptor, bytes, at: offset)
    } catch {
      // Larger pages than ours, or a file system that knows only now.
      guard [EINVAL, EOPNOTSUPP].contains(error.code) else { throw error }
      isRefused.store(true, ordering: .relaxed)
      return 0
    }
  }
}

extension TensorBytes {
  /// A buffer that holds `byteCount` bytes wherever in a page they begin, for writing past the cache.
  package init(holdingPagesOf byteCount: Int) {
    let page = DirectWriter.pageByteCount
    self.init(byteCount: byteCount + page, alignment: page)
  }
}

extension FileWriter {
  /// How far into the buffer bytes have to begin that will be written at `offset`, to go past the cache.
  package static func placeInBuffer(ofBytesAt offset: Int) -> Int {
    offset % DirectWriter.pageByteCount
  }
}
