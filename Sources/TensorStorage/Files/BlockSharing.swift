/// Bytes of one file that appear in another without being read or written.
///
/// On XFS and btrfs two files can share blocks on the disk until one of them is changed, which takes neither
/// time nor room.
extension FileWriter {
  /// The unit in which those file systems give out room, or a multiple of it.
  package static let sharedBlockByteCount = 4096

  /// Whether bytes at one place in a file may share blocks with bytes at another: both lie equally far into
  /// a block.
  package static func mayShareBlocks(_ offset: Int, _ other: Int) -> Bool {
    offset % sharedBlockByteCount == other % sharedBlockByteCount
  }

  /// Shares the whole blocks among the bytes of `source`, whose first is to be at `offset`.
  ///
  /// - Returns: Which of the source's bytes are now in their place, counted from its first: none where the two
  ///   lie differently in their blocks or the file system cannot share. The others are still to be written.
  /// - Throws: `interrupted`.
  /// - Precondition: The range lies within the file's length.
  package func shareBlocks(of source: FileRange, at offset: Int) throws(FileError) -> Range<Int> {
    precondition(
      offset >= 0 && offset <= byteCount && source.byteCount <= byteCount - offset,
      "the bytes lie outside the file's length")
    try interruption.check()
    let block = Self.sharedBlockByteCount
    let start = (block - offset % block) % block
    guard Self.mayShareBlocks(source.byteOffset, offset), start < source.byteCount else {
      return 0..<0
    }
    let part = start..<(start + (source.byteCount - start) / block * block)
    // The system takes a length of 0 for all that follows in the source.
    if part.isEmpty { return 0..<0 }
    let call: Void? = try? SystemCalls.shareBlocks(
      from: source.file.descriptor, at: source.byteOffset + start, with: descriptor,
      at: offset + start, byteCount: part.count)
    if call == nil { return 0..<0 }
    noteWritten(part.count)
    return part
  }
}
