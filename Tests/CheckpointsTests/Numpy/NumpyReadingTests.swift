internal import Checkpoints
internal import Foundation
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `A numpy file` {
  private static let fixtures = Fixtures.manifest("torch").filter {
    $0.file.hasSuffix(".npy") || $0.file.hasSuffix(".npz") && $0.format == "npz"
  }

  @Test func `is among the fixtures`() { #expect(Self.fixtures.count > 20) }

  @Test(arguments: fixtures) func `holds what numpy reads from it`(fixture: Fixture) throws {
    let path = Fixtures.path("torch/\(fixture.file)")
    if fixture.file == "numpy/trailing.npy" {
      #expect(throws: FormatError.self) { try Self.read(path) }
      return
    }
    let checkpoint = try Self.read(path)
    #expect(checkpoint.source.format == fixture.format)
    #expect(try checkpoint.described() == fixture.tensors)
  }

  @Test(
    arguments: Fixtures.manifest("malformed").filter {
      $0.file.hasSuffix(".npy") || $0.file.hasSuffix(".npz")
    })
  func `that is malformed is refused, or read where that is allowed`(fixture: Fixture) {
    let mayBeRead = fixture.exit?.contains { $0 == 0 || $0 == 3 } ?? false
    do {
      let checkpoint = try Self.read(Fixtures.path("malformed/\(fixture.file)"))
      _ = try checkpoint.described()
      #expect(mayBeRead, "was read")
    } catch {
      #expect(error is FormatError || error is FileError)
    }
  }

  @Test func `of one array is called after the file`() throws {
    let directory = try TemporaryDirectory()
    let bytes = NumpyArrays.bytes(NumpyArrays.text(), data: NumpyArrays.four)
    let names = ["a.b.npy": "a.b", "plain": "plain", ".npy": ".npy", "ä.x": "ä"]
    for (file, name) in names {
      let checkpoint = try Self.read(directory.write(bytes, to: file))
      #expect(checkpoint.entries.map(\.name.text) == [name])
      #expect(checkpoint.source.files == [directory.path(file)])
    }
  }

  @Test func `of arrays leaves out other records, and says so`() throws {
    let array = NumpyArrays.bytes(NumpyArrays.text(), data: NumpyArrays.four)
    let checkpoint = try Self.archive([("a.npy", array), ("sub/", []), ("readme\n", [1, 2])])
    #expect(checkpoint.entries.map(\.name.text) == ["a"])
    #expect(checkpoint.source.otherValues == ["readme\n: 2 bytes"])
    #expect(checkpoint.source.notes == ["record 'readme\\n' is not an array and was left out."])
  }

  @Test func `of two arrays with one name is refused`() throws {
    let array = NumpyArrays.bytes(NumpyArrays.text(), data: NumpyArrays.four)
    let error = FormatError(file: "a.npz", tensor: "a", .numpy(.nameTwice("a")))
    #expect(throws: error) { try Self.archive([("a.npy", array), ("a", array)]) }
  }

  @Test(arguments: [
    ([0x93, 0x4E], NumpyFault.headerCut(needed: 6, available: 2)),
    ([], .headerCut(needed: 6, available: 0)),
    (Array("hello.".utf8), .magic),
  ])
  func `with a bad member names it`(bytes: [UInt8], fault: NumpyFault) throws {
    let array = NumpyArrays.bytes(NumpyArrays.text(), data: NumpyArrays.four)
    let error = FormatError(file: "a.npz", tensor: "b.npy", .numpy(fault))
    #expect(throws: error) { try Self.archive([("a.npy", array), ("b.npy", bytes)]) }
  }

  @Test(arguments: [
    ("'|O'", NumpyFault.dtype(descr: "|O", reason: .object), 0),
    ("'<U1'", .dtype(descr: "<U1", reason: .text), 16),
    ("[('x', '<f4')]", .structured, 16),
  ])
  func `with an array that is no tensor is written where that is left out`(
    descr: String, fault: NumpyFault, byteCount: Int
  ) throws {
    let array = NumpyArrays.bytes(NumpyArrays.text(), data: NumpyArrays.four)
    let other = NumpyArrays.bytes(
      NumpyArrays.text(descr: descr), data: [UInt8](repeating: 0, count: byteCount))
    let checkpoint = try Self.archive([("a.npy", array), ("b.npy", other)])
    #expect(checkpoint.entries.map(\.name) == ["a"])
    #expect(checkpoint.source.notes == ["'b' \(fault.sentence)"])
    let path = try TemporaryDirectory().path("out.safetensors")
    #expect {
      try checkpoint.write(to: path)
    } throws: { error in
      guard let error = error as? FormatError else { return false }
      return error.tensor == "b" && error.fault == .numpy(fault)
    }
    var options = ConversionOptions()
    options.excludes = [try #require(NamePattern("b"))]
    let directory = try TemporaryDirectory()
    try checkpoint.write(to: directory.path("out.safetensors"), options: options)
    #expect(try Self.read(directory.path("out.safetensors")).entries.map(\.name) == ["a"])
  }

  @Test func `has arrays whose names differ in case only, as numpy does`() throws {
    let array = NumpyArrays.bytes(NumpyArrays.text(), data: NumpyArrays.four)
    let checkpoint = try Self.archive([("w.npy", array), ("W.npy", array)])
    #expect(checkpoint.entries.map(\.name) == ["w", "W"])
  }

  @Test func `has its checksum compared when all of an array is read`() throws {
    var array = NumpyArrays.bytes(NumpyArrays.text(), data: NumpyArrays.four)
    var builder = ZipBuilder([("a.npy", array)])
    array[array.count - 1] ^= 1
    builder.records[0].data = array
    let tensor = try Self.archive(builder).entries[0].tensor
    #expect(throws: FileError.self) { try tensor.read() }
  }

  @Test func `is told by its first bytes, whatever its name`() throws {
    let directory = try TemporaryDirectory()
    let array = NumpyArrays.bytes(NumpyArrays.text(), data: NumpyArrays.four)
    let npy = try directory.write(array, to: "model.safetensors")
    #expect(try Self.read(npy).source.format == "npy")
    let npz = try directory.write(ZipBuilder([("x.npy", array)]).bytes(), to: "model.npy")
    #expect(try Self.read(npz).source.format == "npz")
  }

  private static func archive(_ contents: [(String, [UInt8])]) throws -> Checkpoint {
    try archive(ZipBuilder(contents))
  }

  private static func archive(_ builder: ZipBuilder) throws -> Checkpoint {
    let directory = try TemporaryDirectory()
    do {
      return try read(directory.write(builder.bytes(), to: "a.npz"))
    } catch var error as FormatError {
      error.file = "a.npz"
      throw error
    }
  }

  private static func read(_ path: String) throws -> Checkpoint {
    try FormatRegistry.readFile(RandomAccessFile(path: path), options: ReadOptions())
  }
}
