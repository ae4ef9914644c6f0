internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `A deflated record` {
  @Test func `is the same read in pieces of any size`() throws {
    try Self.reading(DeflateSample.stream, DeflateSample.contents) { source in
      for count in 1...source.byteCount {
        var cursor = try source.makeCursor()
        var bytes: [UInt8] = []
        while bytes.count < source.byteCount {
          let range = bytes.count..<min(bytes.count + count, source.byteCount)
          bytes += try Self.read(range, with: &cursor)
        }
        #expect(bytes == DeflateSample.contents, "pieces of \(count)")
      }
    }
  }

  @Test func `is the same read from any place, forwards and backwards`() throws {
    try Self.reading(DeflateSample.stream, DeflateSample.contents) { source in
      var cursor = try source.makeCursor()
      for start in stride(from: 0, to: source.byteCount, by: 7).reversed() {
        let end = min(start + 100, source.byteCount)
        #expect(
          try Self.read(start..<end, with: &cursor) == Array(DeflateSample.contents[start..<end]))
      }
      let last = source.byteCount - 1
      #expect(try Self.read(last..<(last + 1), with: &cursor) == [DeflateSample.contents[last]])
    }
  }

  @Test func `goes on where the window of compressed bytes ends`() throws {
    var state: UInt64 = 7
    let contents: [UInt8] = (0..<300_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    try Self.reading(deflatedWithoutCompression(contents, blockByteCount: 60_001), contents) {
      var cursor = try $0.makeCursor()
      #expect(try Self.read(0..<300_000, with: &cursor) == contents)
      #expect(try Self.read(65_530..<65_545, with: &cursor) == Array(contents[65_530..<65_545]))
    }
  }

  @Test func `may be empty`() throws {
    try Self.reading([3, 0], []) { source in
      var cursor = try source.makeCursor()
      #expect(try Self.read(0..<0, with: &cursor) == [])
    }
  }

  @Test func `is an error wherever its stream is cut`() throws {
    // A single byte cannot become 1259; such a record is refused before.
    for count in 2..<DeflateSample.stream.count {
      let fault = try Self.damage(Array(DeflateSample.stream[..<count]), DeflateSample.contents)
      let reason = try #require(fault)
      #expect(reason.hasPrefix("its deflate stream is cut after "), "cut at \(count): \(reason)")
    }
  }

  @Test func `is an error or the truth when a bit of its stream is flipped`() throws {
    for position in DeflateSample.stream.indices {
      for bit in 0..<8 {
        var stream = DeflateSample.stream
        stream[position] ^= 1 << bit
        // The checksum is the truth's, so what is read without an error has to be the truth: it is
        // where a bit is flipped that pads a stored block or the end.
        _ = try Self.damage(stream, DeflateSample.contents)
      }
    }
  }

  private static let again = "; download or copy the file again"

  @Test(arguments: [
    (
      "longer", DeflateSample.stream, Array(DeflateSample.contents.dropLast()),
      "its deflate stream has more than the 1258 bytes that the archive recorded"
    ),
    (
      "shorter", DeflateSample.stream, DeflateSample.contents + [0],
      "its deflate stream ends after 1259 of 1260 bytes"
    ),
    (
      "followed by bytes", DeflateSample.stream + [0, 0], DeflateSample.contents,
      "2 bytes follow the end of its deflate stream"
    ),
    (
      "of an unknown block type", [7], [1, 2],
      "its deflate stream is broken after 0 bytes (invalid block type)"
    ),
    (
      "unfinished", Array(deflatedWithoutCompression([1, 2])).with(first: 0), [1, 2],
      "its deflate stream is cut after 2 of 2 bytes"
    ),
    ("empty", [], [1], "its deflate stream is cut after 0 of 1 bytes"),
  ])
  func `is an error when its stream is`(
    what: String, stream: [UInt8], contents: [UInt8], reason: String
  ) throws {
    #expect(try Self.damage(stream, contents) == reason + Self.again)
  }

  @Test func `cannot be read beyond its end`() throws {
    try Self.reading(DeflateSample.stream, DeflateSample.contents) { source in
      var cursor = try source.makeCursor()
      #expect(throws: FileError.self) { try Self.read(1250..<1260, with: &cursor) }
    }
  }

  /// The reason why reading it all fails; nil if it does not.
  private static func damage(_ stream: [UInt8], _ contents: [UInt8]) throws -> String? {
    try reading(stream, contents) { source in
      do {
        var cursor = try source.makeCursor()
        let bytes = try read(0..<source.byteCount, with: &cursor)
        #expect(bytes.elementsEqual(contents) as Bool)
        return nil
      } catch FileError.damaged(_, let part, let reason) {
        #expect(part == "record 'r'")
        return reason
      }
    }
  }

  private static func reading<R>(
    _ stream: [UInt8], _ contents: [UInt8], _ body: (any ByteSource) throws -> R
  ) throws -> R {
    var builder = ZipBuilder()
    builder.records = [ZipBuilder.Record("r", deflated: stream, contents: contents)]
    return try ZipArchive.opened(builder.bytes()) { archive in
      try body(archive.source(of: archive.records[0]))
    }
  }

  private static func read(
    _ range: Range<Int>, with cursor: inout any ByteCursor
  ) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xEE, count: range.count)
    try bytes.withMutableRawBytes { span in try cursor.read(at: range.lowerBound, into: &span) }
    return bytes
  }
}

extension [UInt8] {
  fileprivate func with(first byte: UInt8) -> [UInt8] { [byte] + dropFirst() }
}
