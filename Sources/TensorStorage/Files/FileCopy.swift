#if canImport(Glibc)
internal import Glibc
#endif

/// Bytes of one file copied into another without passing through this program, where the system can.
///
/// Three ways, each tried where the one before is not to be had: sharing the blocks on the disk (XFS,
/// btrfs), which takes neither time nor room; a copy inside the kernel, which on a network file system
/// is one inside the server; reading and writing. The result is the same.
extension FileWriter {
  /// How much is copied between two looks at the interruption.
  private static let copyPieceByteCount = 64 << 20
  /// The buffer where bytes have to pass through this program.
  private static let bufferByteCount = 1 << 20

  /// Copies the bytes of `source` so that the first is at `offset`.
  ///
  /// Blocks can be shared where the two places lie equally far into a block of the file system; what
  /// lies before the first and behind the last whole block is copied.
  ///
  /// - Returns: How many bytes now share their blocks with the source.
  /// - Throws: `truncated` if the source ends first, `readFailed`, `noSpace`, `writeFailed`, or
  ///   `interrupted`.
  /// - Precondition: The range lies within the file's length.
  @discardableResult
  public func copy(_ source: FileRange, at offset: Int) throws(FileError) -> Int {
    precondition(
      offset >= 0 && offset <= byteCount && source.byteCount <= byteCount - offset,
      "the bytes lie outside the file's length")
    let blocks = sharedBlocks(of: source, at: offset)
    var shared = 0
    while shared < blocks.count {
      try interruption.check()
      let piece = min(Self.copyPieceByteCount, blocks.count - shared)
      let start = blocks.lowerBound + shared
      guard share(source, start..<(start + piece), at: offset) else { break }
      shared += piece
    }
    noteWritten(shared)
    try copyInKernel(source, 0..<blocks.lowerBound, at: offset)
    try copyInKernel(source, (blocks.lowerBound + shared)..<source.byteCount, at: offset)
    return shared
  }

  /// The part of the source that is whole blocks in both files, relative to the source; empty if the
  /// places differ.
  private func sharedBlocks(of source: FileRange, at offset: Int) -> Range<Int> {
    let none = 0..<0
    guard let block = try? SystemCalls.status(of: descriptor).blockByteCount, block > 0,
      source.byteOffset % block == offset % block
    else { return none }
    let start = (block - offset % block) % block
    guard start < source.byteCount else { return none }
    return start..<(start + (source.byteCount - start) / block * block)
  }

  /// Shares the blocks of a part; false if the file system cannot.
  private func share(_ source: FileRange, _ part: Range<Int>, at offset: Int) -> Bool {
    let call: Void? = try? SystemCalls.shareBlocks(
      from: source.file.descriptor, at: source.byteOffset + part.lowerBound, with: descriptor,
      at: offset + part.lowerBound, byteCount: part.count)
    return call != nil
  }

  /// Copies a part within the kernel, and what it refuses by reading and writing.
  private func copyInKernel(
    _ source: FileRange, _ part: Range<Int>, at offset: Int
  ) throws(FileError) {
    var start = part.lowerBound
    while start < part.upperBound {
      try interruption.check()
      let count: Int
      do {
        count = try SystemCalls.copy(
          from: source.file.descriptor, at: source.byteOffset + start, to: descriptor,
          at: offset + start, byteCount: min(Self.copyPieceByteCount, part.upperBound - start))
      } catch {
        if error.isNoSpace { throw .noSpace(file: path, needed: part.upperBound - start) }
        break
      }
      // The end of the source, or a file system that does not say more: reading will tell.
      if count == 0 { break }
      noteWritten(count)
      start += count
    }
    try copyThroughMemory(source, start..<part.upperBound, at: offset)
  }

  private func copyThroughMemory(
    _ source: FileRange, _ part: Range<Int>, at offset: Int
  ) throws(FileError) {
    if part.isEmpty { return }
    var buffer = TensorBytes(byteCount: min(Self.bufferByteCount, part.count))
    var start = part.lowerBound
    while start < part.upperBound {
      let count = min(buffer.byteCount, part.upperBound - start)
      var span = buffer.mutableBytes(0..<count)
      try source.read(at: start, into: &span)
      try write(buffer.bytes.extracting(0..<count), at: offset + start)
      start += count
    }
  }
}
