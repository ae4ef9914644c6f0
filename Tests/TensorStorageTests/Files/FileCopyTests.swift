internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Copying from file to file` {
  private static let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
  private static let block = 4096

  /// Copies `range` of a file in `directory` to `offset` of a new one; how many bytes are shared.
  private func copy(_ range: Range<Int>, to offset: Int, in directory: String) throws -> Int {
    let (sourcePath, path) = (directory + "/source", directory + "/copy")
    try AtomicFile.create(path: sourcePath, contents: Self.content.rawBytes, overwrites: true)
    let source = try RandomAccessFile(path: sourcePath)
    let before = [UInt8](repeating: 0xEE, count: offset)
    let file = try AtomicFile(path: path, byteCount: offset + range.count, overwrites: true)
    try file.write(before.rawBytes, at: 0)
    let shared = try file.writer.copy(
      FileRange(file: source, byteOffset: range.lowerBound, byteCount: range.count), at: offset)
    try file.commit()
    let written = try RandomAccessFile(path: path)
    #expect(try written.bytes(at: 0, count: written.byteCount) == before + Self.content[range])
    return shared
  }

  private static let cases = [
    (0..<300_000, 0), (4096..<8192, 8192), (5000..<299_000, 904), (5000..<299_000, 905),
    (1..<2, 0), (7..<7, 3), (4095..<4097, 4095),
  ]

  @Test(arguments: cases)
  func `gives the same bytes, wherever they lie`(range: Range<Int>, offset: Int) throws {
    let directory = try TemporaryDirectory()
    _ = try copy(range, to: offset, in: directory.path)
  }

  @Test(arguments: SmallDisk.available.filter { [.btrfs, .xfs].contains($0) })
  func `shares the blocks that lie alike`(kind: SmallDisk.Kind) throws {
    let disk = try #require(SmallDisk(kind))
    for (range, offset) in Self.cases {
      let start = (range.lowerBound + Self.block - 1) / Self.block * Self.block
      let end = max(start, range.upperBound / Self.block * Self.block)
      let isAlike = (range.lowerBound - offset).isMultiple(of: Self.block)
      #expect(try copy(range, to: offset, in: disk.path) == (isAlike ? end - start : 0))
    }
  }

  @Test func `reaches another disk`() throws {
    guard let disk = SmallDisk(.tmpfs) else { return }
    let directory = try TemporaryDirectory()
    let source = try RandomAccessFile(path: directory.write(Self.content, to: "source"))
    let path = disk.path + "/copy"
    let file = try AtomicFile(path: path, byteCount: 100_000)
    let range = FileRange(file: source, byteOffset: 8192, byteCount: 100_000)
    #expect(try file.writer.copy(range, at: 0) == 0)
    try file.commit()
    let written = try RandomAccessFile(path: path)
    #expect(try written.bytes(at: 0, count: 100_000) == Array(Self.content[8192..<108_192]))
  }

  @Test func `fails where the source ends first`() throws {
    let directory = try TemporaryDirectory()
    let source = try RandomAccessFile(path: directory.write([1, 2, 3], to: "source"))
    let file = try AtomicFile(path: directory.path("copy"), byteCount: 10)
    #expect(
      throws: FileError.truncated(file: source.path, offset: 3, needed: 7, available: 0)
    ) {
      try file.writer.copy(FileRange(file: source, byteOffset: 0, byteCount: 10), at: 0)
    }
  }
}
