internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Safetensors files` {
  typealias Samples = SafetensorsSamples

  static let fixtures = Fixtures.manifest("safetensors").filter {
    $0.file.hasSuffix(".safetensors") && $0.tensors != nil
  }

  @Test(arguments: fixtures)
  func `are read as the real library reads them`(fixture: Fixture) throws {
    let path = Fixtures.path("safetensors/\(fixture.file)")
    let checkpoint = try SafetensorsFormat.read(
      try RandomAccessFile(path: path), options: ReadOptions())
    #expect(Set(try checkpoint.described()) == Set(fixture.tensors ?? []))
    #expect(checkpoint.entries.count == fixture.tensors?.count)
  }

  @Test func `of the manifest are there`() { #expect(Self.fixtures.count > 40) }

  static let tolerated: [String] = [
    " \t\r\n{\(a)} \t\r\n",
    "{ \"a\" : { \"dtype\" : \"U8\" , \"shape\":[ 4 ] ,\"data_offsets\":[ 0 , 4 ] } }",
    #"{"a":{"data_offsets":[0,4],"shape":[4],"dtype":"U8"}}"#,
    #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":{"y":[1.5e3,"\u00e9",null,true]}}}"#,
    #"{"a":["U8",[4],[0,4]]}"#, #"{"\u0061":{"dtype":"\u00558","shape":[4],"data_offsets":[0,4]}}"#,
    "{\(a),\"__metadata__\":{}}", "{\"__metadata__\":null,\(a)}",
    "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"},\(a)}",
    "{\(a),\(Samples.entry("empty", "F64", "[0,9223372036854775807]", "[0,0]"))}",
  ]
  static let a = SafetensorsSamples.entry("a")

  @Test(arguments: tolerated)
  func `may be written in every way that the reference takes`(header: String) throws {
    let checkpoint = try Samples.read(Samples.bytes(header, data: 4))
    let tensor = try #require(checkpoint["a"])
    #expect(tensor.shape == [4] && tensor.dtype == .u8)
    #expect(try tensor.read() == [0, 1, 2, 3])
  }

  @Test func `give their tensors in the order of the bytes`() throws {
    let header = [
      Samples.entry("late", "U8", "[2]", "[2,4]"), Samples.entry("empty b", "U8", "[0]", "[2,2]"),
      Samples.entry("early", "U8", "[2]", "[0,2]"), Samples.entry("empty a", "U8", "[0]", "[2,2]"),
      Samples.entry("end", "U8", "[0]", "[4,4]"),
    ].joined(separator: ",")
    let checkpoint = try Samples.read(Samples.bytes("{\(header)}", data: 4))
    #expect(
      checkpoint.entries.map(\.name) == ["early", "empty b", "empty a", "late", "end"])
    #expect(checkpoint.aliasGroups().isEmpty)
  }

  @Test func `keep their metadata, the last of equal keys`() throws {
    let header = #"{"__metadata__":{"format":"pt","k":"1","k":"é\n"}}"#
    let checkpoint = try Samples.read(Samples.bytes(header))
    #expect(checkpoint.metadata == ["format": "pt", "k": "é\n"])
    #expect(checkpoint.source.format == "safetensors")
  }

  @Test func `with a name twice are refused, and leniently give the last`() throws {
    let header = "{\(Samples.entry("a", "U8", "[9]", "[0,9]")),\(Samples.entry("a"))}"
    let bytes = Samples.bytes(header, data: 4)
    let second = 8 + 1 + Samples.entry("a", "U8", "[9]", "[0,9]").utf8.count + 1
    #expect(
      throws: FormatError(
        file: "model.safetensors", tensor: "a", byteOffset: second, .safetensors(.duplicateName))
    ) { try Samples.read(bytes) }
    let lenient = try Samples.read(bytes, isLenient: true)
    #expect(lenient.entries.map(\.tensor.shape) == [[4]])
  }

  @Test func `with a name twice that tile are refused too`() throws {
    let header =
      "{\(Samples.entry("a", "U8", "[2]", "[0,2]")),\(Samples.entry("a", "U8", "[2]", "[2,4]"))}"
    #expect(throws: FormatError.self) { try Samples.read(Samples.bytes(header, data: 4)) }
    // The reference sees only the second, which leaves a hole.
    #expect(throws: FormatError.self) {
      try Samples.read(Samples.bytes(header, data: 4), isLenient: true)
    }
  }

  @Test(arguments: [#"a\u0000b"#, #"\u001b[31m"#, #"\n"#])
  func `with a control character in a name are refused unless leniently`(name: String) throws {
    let bytes = Samples.bytes("{\(Samples.entry(name))}", data: 4)
    let error = #expect(throws: FormatError.self) { try Samples.read(bytes) }
    #expect(error?.fault == .safetensors(.controlCharacterInName))
    #expect(error.map { $0.description.unicodeScalars.allSatisfy { $0.value >= 0x20 } } == true)
    #expect(try Samples.read(bytes, isLenient: true).entries.count == 1)
  }

  @Test func `cut short say how much is missing and which tensors are lost`() throws {
    let header = (0..<6).map {
      Samples.entry("t\($0)", "U8", "[4]", "[\($0 * 4),\($0 * 4 + 4)]")
    }.joined(separator: ",")
    let bytes = Samples.bytes("{\(header)}", data: 24)
    let found = bytes.count - 14
    let error = FormatError(
      file: "model.safetensors",
      .safetensors(
        .incompleteBuffer(
          expected: UInt64(bytes.count), found: found, lost: ["t2", "t3", "t4"], lostCount: 4)))
    #expect(throws: error) { try Samples.read([UInt8](bytes.prefix(found))) }
    #expect(
      error.description
        == "model.safetensors: the file is cut short: it has \(found) of \(bytes.count) bytes, "
        + "14 are missing; the tensors 't2', 't3', 't4' and 1 more are cut or lost; "
        + "download or copy it again")
  }

  @Test func `cut at any byte are refused with the rule that the cut breaks`() throws {
    let header = "{\(Samples.entry("a")),\(Samples.entry("b", "U8", "[2]", "[4,6]"))}"
    let bytes = Samples.bytes(header, data: 6)
    for count in 0..<bytes.count {
      let expected =
        switch count {
        case ..<8: "HeaderTooSmall"
        case ..<(8 + header.utf8.count): "InvalidHeaderLength"
        default: "MetadataIncompleteBuffer"
        }
      let error = #expect(throws: FormatError.self) {
        try Samples.read([UInt8](bytes.prefix(count)))
      }
      #expect(error?.code == expected, "\(count) bytes")
    }
  }

  @Test func `that are blank are called so`() throws {
    let error = #expect(throws: FormatError.self) {
      try Samples.read([UInt8](repeating: 0, count: 4096))
    }
    #expect(error?.fault == .safetensors(.invalidHeaderDeserialization(.blank)))
    #expect(error?.code == "InvalidHeaderDeserialization")
  }

  @Test func `of ten million dimensions are refused before they fill the memory`() throws {
    let shape = "[" + String(repeating: "1,", count: 8_000_000) + "1]"
    let bytes = Samples.bytes("{\(Samples.entry("a", "U8", shape, "[0,1]"))}", data: 1)
    let error = #expect(throws: FormatError.self) { try Samples.read(bytes) }
    #expect(error?.code == "HeaderLimitExceeded")
  }
}
