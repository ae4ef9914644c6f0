internal import Checkpoints
internal import Foundation
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `A zip archive` {
  private static let wild = ["torch/containers", "torch/numpy", "torch/script"].flatMap { folder in
    let names = try? FileManager.default.contentsOfDirectory(atPath: Fixtures.path(folder))
    return (names ?? []).sorted().filter { !$0.hasSuffix(".npy") && !$0.hasSuffix(".pkl") }
      .map { "\(folder)/\($0)" }
  }

  @Test func `met in the wild is among the fixtures`() { #expect(Self.wild.count > 50) }

  @Test(arguments: wild) func `of any writer opens, and its checksums hold`(name: String) throws {
    let archive = try ZipArchive(RandomAccessFile(path: Fixtures.path(name)))
    #expect(!archive.records.isEmpty)
    for record in archive.records {
      #expect(archive.record(named: record.name) == record)
      #expect((record.crc32 == nil) == (name.hasSuffix("crc-zero.pt") || record.byteCount == 0))
      try archive.verify(record)
      let bytes = try archive.contents(of: record, limit: 1 << 20)
      #expect(record.crc32 ?? 0 == 0 || naiveCRC32(bytes) == record.crc32)
    }
  }

  @Test(arguments: Fixtures.manifest("malformed").filter { $0.file.hasPrefix("z-") })
  func `that is malformed is refused, or read where that is allowed`(fixture: Fixture) {
    let mayBeRead = fixture.exit?.contains(0) ?? false
    do {
      let file = try RandomAccessFile(path: Fixtures.path("malformed/\(fixture.file)"))
      let checkpoint = try FormatRegistry.readFile(file, options: ReadOptions())
      _ = try checkpoint.described()
      #expect(mayBeRead, "was read")
    } catch {
      #expect(error is FormatError || error is FileError)
    }
  }

  @Test func `keeps names, sizes and bytes in the directory's order`() throws {
    let builder = ZipBuilder.sample.with { $0.directoryOrder = [2, 0, 1] }
    try ZipArchive.opened(builder.bytes()) { archive in
      #expect(archive.records.map(\.name) == ["m/version", "m/data.pkl", "m/data/0"])
      #expect(archive.records.map(\.method) == [.stored, .stored, .deflated])
      #expect(archive.records.map(\.byteCount) == [2, 4, DeflateSample.contents.count])
      #expect(archive.records.map(\.dataOffset) == [321, 40, 98])
      let contents = try archive.allContents()
      #expect(contents[Array("m/version".utf8)] == Array("3\n".utf8))
      #expect(contents[Array("m/data.pkl".utf8)] == [0x80, 2, 0x7D, 0x2E])
      #expect(contents[Array("m/data/0".utf8)] == DeflateSample.contents)
    }
  }

  @Test func `offers stored records as ranges of the file`() throws {
    try ZipArchive.opened(ZipBuilder.sample.bytes()) { archive in
      let record = try #require(archive.record(named: "m/version"))
      let range = try #require(archive.source(of: record).fileRange)
      #expect((range.byteOffset, range.byteCount) == (record.dataOffset, 2))
      let deflated = try #require(archive.record(named: "m/data/0"))
      #expect(archive.source(of: deflated).fileRange == nil)
      #expect(!archive.source(of: deflated).isRandomAccess)
    }
  }

  @Test(arguments: [(false, true), (false, false), (true, true), (true, false)])
  func `may tell sizes behind the data`(wide: Bool, signature: Bool) throws {
    let builder = ZipBuilder.sample.with {
      for position in 0..<3 { $0.records[position].stream(wide: wide, signature: signature) }
      $0.records[0].descriptor = []
      $0.records[0].setBoth { $0.flags = 0 }
      $0.records[0].local = $0.records[0].central
    }
    try ZipArchive.opened(builder.bytes()) { archive in
      let contents = try archive.allContents()
      #expect(contents.count == 3)
    }
  }

  @Test func `may have zip64 fields though nothing needs them`() throws {
    let builder = ZipBuilder.sample.with {
      let sizes = littleEndian(2 as UInt64) + littleEndian(2 as UInt64)
      $0.records[2].local.extra = littleEndian(1 as UInt16) + littleEndian(16 as UInt16) + sizes
      ($0.records[2].local.byteCount, $0.records[2].local.compressedByteCount) = (.max, .max)
      $0.records[2].central.extra =
        littleEndian(1 as UInt16) + littleEndian(16 as UInt16) + sizes
      $0.records[2].central.byteCount = .max
      $0.end.zip64 = ZipBuilder.Zip64()
      ($0.end.count, $0.end.directoryOffset, $0.end.directoryByteCount) = (.max, .max, .max)
    }
    try ZipArchive.opened(builder.bytes()) { archive in
      #expect(archive.record(named: "m/version")?.byteCount == 2)
    }
  }

  @Test func `of torch may have an offset in a local zip64 field`() throws {
    let builder = ZipBuilder.sample.with {
      $0.records[2] = ZipBuilder.Record("m/data/1", [])
      $0.records[2].local.extra =
        littleEndian(1 as UInt16) + littleEndian(8 as UInt16) + littleEndian(5 << 32 as UInt64)
    }
    try ZipArchive.opened(builder.bytes()) { archive in
      #expect(archive.record(named: "m/data/1")?.byteCount == 0)
    }
  }

  @Test func `is looked up by exact bytes`() throws {
    let composed = ZipBuilder([("M/Data", [1]), ("e\u{301}", [2])])
    try ZipArchive.opened(composed.bytes()) { archive in
      #expect(archive.record(named: "M/Data") != nil)
      #expect(archive.record(named: "m/data") == nil)
      #expect(archive.record(named: "e\u{301}") != nil)
      #expect(archive.record(named: "\u{E9}") == nil)
    }
  }

  @Test func `may have names that are not UTF-8, shown as Latin-1`() throws {
    let builder = ZipBuilder([("x", [1])]).with {
      $0.records[0].setBoth { $0.name = [0x6D, 0xE4, 0x2F] + Array("x".utf8) }
    }
    try ZipArchive.opened(builder.bytes()) { archive in
      #expect(archive.records.map(\.name) == ["mä/x"])
    }
  }

  @Test func `without records is empty`() throws {
    try ZipArchive.opened(ZipBuilder().bytes()) { #expect($0.records.isEmpty) }
  }

  @Test func `with 10,000 records opens as one with three`() throws {
    let builder = ZipBuilder((0..<10_000).map { ("m/data/\($0)", [UInt8(truncatingIfNeeded: $0)]) })
    try ZipArchive.opened(builder.bytes()) { archive in
      #expect(archive.records.count == 10_000)
      let record = try #require(archive.record(named: "m/data/9999"))
      #expect(try archive.contents(of: record, limit: 1) == [UInt8(truncatingIfNeeded: 9999)])
    }
  }

  @Test func `is told from a safetensors header of the same length`() {
    let header = littleEndian(0x0403_4B50 as UInt64) + Array("{\"a\":".utf8)
    let cases = [ZipBuilder.sample.bytes(), ZipBuilder().bytes(), header, [0x50, 0x4B]]
    #expect(cases.map { ZipArchive.begins($0.rawBytes) } == [true, true, false, false])
  }
}
