internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `A stored record` {
  private static let contents = (0..<24).map { UInt8($0 * 7) }

  /// Every way to cut 24 bytes into four pieces of at least one byte, on a grid of four.
  private static let cuts = stride(from: 4, to: 24, by: 4).flatMap { first in
    stride(from: first + 4, to: 24, by: 4).map { [0..<first, first..<$0, $0..<24] }
  }

  @Test(arguments: cuts) func `is checked once its last piece is read`(pieces: [Range<Int>]) throws
  {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      try Self.reading(isDamaged: true) { source in
        try Self.read(pieces[order[0]], of: source)
        try Self.read(pieces[order[1]], of: source)
        #expect(throws: FileError.self) { try Self.read(pieces[order[2]], of: source) }
      }
      try Self.reading(isDamaged: false) { source in
        for position in order { try Self.read(pieces[position], of: source) }
      }
    }
  }

  @Test func `is checked though parts of it are read again`() throws {
    try Self.reading(isDamaged: true) { source in
      for range in [0..<10, 0..<10, 5..<15, 12..<24] { try Self.read(range, of: source) }
      #expect(throws: FileError.self) { try Self.read(10..<12, of: source) }
    }
  }

  @Test func `is not checked while a byte of it is not read`() throws {
    try Self.reading(isDamaged: true) { source in
      for range in [0..<10, 11..<24, 0..<0, 24..<24] { try Self.read(range, of: source) }
    }
  }

  @Test func `is checked whichever threads read it`() async throws {
    let contents = [UInt8](repeating: 5, count: 64_000)
    let bytes = ZipBuilder([("r", contents)]).with { $0.records[0].setBoth { $0.crc32 ^= 1 } }
      .bytes()
    let directory = try TemporaryDirectory()
    let path = try directory.write(bytes, to: "a.zip")
    let archive = try ZipArchive(RandomAccessFile(path: path))
    let source = archive.source(of: archive.records[0])
    let faults = await withTaskGroup { group in
      for start in stride(from: 0, to: 64_000, by: 1000) {
        group.addTask { (try? Self.read(start..<(start + 1000), of: source)) == nil ? 1 : 0 }
      }
      return await group.reduce(0, +)
    }
    #expect(faults == 1)
  }

  private static func reading(isDamaged: Bool, _ body: (any ByteSource) throws -> Void) throws {
    let builder = ZipBuilder([("r", contents)]).with {
      $0.records[0].setBoth { $0.crc32 ^= isDamaged ? 1 : 0 }
    }
    try ZipArchive.opened(builder.bytes()) { archive in
      try body(archive.source(of: archive.records[0]))
    }
  }

  private static func read(_ range: Range<Int>, of source: any ByteSource) throws {
    var bytes = [UInt8](repeating: 0xEE, count: range.count)
    try bytes.withMutableRawBytes { span in
      var cursor = try source.makeCursor()
      try cursor.read(at: range.lowerBound, into: &span)
    }
  }
}
