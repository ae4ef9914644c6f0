internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Sharing blocks between files` {
  private static let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
  private static let block = 4096

  /// Shares what can be of `range` of a file in `directory` at `offset` of a new one, and writes the rest.
  private func share(_ range: Range<Int>, at offset: Int, in directory: String) throws -> Int {
    let (sourcePath, path) = (directory + "/source", directory + "/copy")
    try AtomicFile.create(path: sourcePath, contents: Self.content.rawBytes, overwrites: true)
    let source = try RandomAccessFile(path: sourcePath)
    let before = [UInt8](repeating: 0xEE, count: offset)
    let file = try AtomicFile(path: path, byteCount: offset + range.count, overwrites: true)
    try file.write(before.rawBytes, at: 0)
    let shared = try file.writer.shareBlocks(
      of: FileRange(file: source, byteOffset: range.lowerBound, byteCount: range.count),
      at: offset)
    for part in [0..<shared.lowerBound, shared.upperBound..<range.count] {
      let bytes = Array(Self.content[range].dropFirst(part.lowerBound).prefix(part.count))
      try file.write(bytes.rawBytes, at: offset + part.lowerBound)
    }
    try file.commit()
    let written = try RandomAccessFile(path: path)
    let found = try written.bytes(at: 0, count: written.byteCount)
    // Told as a Bool: a list of the differences of so many bytes takes minutes.
    let isSame = found == before + Self.content[range]
    #expect(isSame, "\(range) at \(offset), \(found.count) bytes")
    return shared.count
  }

  private static let cases = [
    (0..<300_000, 0), (4096..<8192, 8192), (5000..<299_000, 904), (5000..<299_000, 905),
    (1..<2, 0), (7..<7, 3), (4095..<4097, 4095),
  ]

  @Test(arguments: cases)
  func `leaves to be written what is not shared`(range: Range<Int>, offset: Int) throws {
    let directory = try TemporaryDirectory()
    _ = try share(range, at: offset, in: directory.path)
  }

  @Test(arguments: SmallDisk.available.filter { [.btrfs, .xfs].contains($0) })
  func `takes the whole blocks that lie alike`(kind: SmallDisk.Kind) throws {
    let disk = try #require(SmallDisk(kind))
    for (range, offset) in Self.cases {
      let start = (range.lowerBound + Self.block - 1) / Self.block * Self.block
      let end = max(start, range.upperBound / Self.block * Self.block)
      let isAlike = (range.lowerBound - offset).isMultiple(of: Self.block)
      #expect(try share(range, at: offset, in: disk.path) == (isAlike ? end - start : 0))
    }
  }

  @Test func `shares nothing with another disk`() throws {
    guard let disk = SmallDisk(.tmpfs) else { return }
    let directory = try TemporaryDirectory()
    let source = try RandomAccessFile(path: directory.write(Self.content, to: "source"))
    let file = try AtomicFile(path: disk.path + "/copy", byteCount: 100_000)
    let range = FileRange(file: source, byteOffset: 8192, byteCount: 100_000)
    #expect(try file.writer.shareBlocks(of: range, at: 0).isEmpty)
  }
}
