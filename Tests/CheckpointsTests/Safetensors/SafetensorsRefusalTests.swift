internal import Checkpoints
internal import Testing

/// What safetensors 0.8.0 refuses, with the name of its error.
@Suite struct `Safetensors refusals` {
  typealias Samples = SafetensorsSamples

  private func code(_ bytes: [UInt8]) -> String {
    do {
      _ = try Samples.read(bytes)
      return "accepted"
    } catch let error as FormatError {
      return error.code
    } catch { return "\(error)" }
  }

  static let structures: [(header: String, data: Int, code: String)] = [
    // The container.
    ("", 0, "InvalidHeaderDeserialization"), ("[]", 0, "InvalidHeaderDeserialization"),
    ("null", 0, "InvalidHeaderDeserialization"), ("{", 0, "InvalidHeaderDeserialization"),
    ("{}\0", 0, "InvalidHeaderDeserialization"), ("{}\u{C}", 0, "InvalidHeaderDeserialization"),
    ("\0{}", 0, "InvalidHeaderDeserialization"), ("\u{FEFF}{}", 0, "InvalidHeaderDeserialization"),
    ("{}{}", 0, "InvalidHeaderDeserialization"), ("{} x", 0, "InvalidHeaderDeserialization"),
    ("{/**/}", 0, "InvalidHeaderDeserialization"), ("{,}", 0, "InvalidHeaderDeserialization"),
    ("{}", 1, "MetadataIncompleteBuffer"), ("{\"a\":5}", 0, "InvalidHeaderDeserialization"),
    // Tiling, in data order.
    ("{\(entry())}", 3, "MetadataIncompleteBuffer"),
    ("{\(entry())}", 5, "MetadataIncompleteBuffer"),
    ("{\(entry("a", "U8", "[4]", "[1,5]"))}", 5, "InvalidOffset"),
    ("{\(entry()),\(entry("b"))}", 4, "InvalidOffset"),
    ("{\(entry()),\(entry("b", "U8", "[2]", "[2,4]"))}", 4, "InvalidOffset"),
    ("{\(entry()),\(entry("b", "U8", "[2]", "[5,7]"))}", 7, "InvalidOffset"),
    ("{\(entry("a", "U8", "[4]", "[4,0]"))}", 4, "InvalidOffset"),
    ("{\(entry("a", "U8", "[0]", "[4,4]"))}", 4, "InvalidOffset"),
    // Sizes.
    ("{\(entry("a", "U8", "[3]"))}", 4, "TensorInvalidInfo"),
    ("{\(entry("a", "F32", "[2]"))}", 4, "TensorInvalidInfo"),
    ("{\(entry("a", "F4", "[3]", "[0,2]"))}", 2, "MisalignedSlice"),
    ("{\(entry("a", "F4", "[]", "[0,1]"))}", 1, "MisalignedSlice"),
    ("{\(entry("a", "F6_E2M3", "[3]", "[0,3]"))}", 3, "MisalignedSlice"),
    ("{\(entry("a", "U8", "[9223372036854775808,4,0]", "[0,0]"))}", 0, "ValidationOverflow"),
    ("{\(entry("a", "U8", "[4294967296,4294967296]"))}", 4, "ValidationOverflow"),
    ("{\(entry("a", "U64", "[1152921504606846976]"))}", 4, "ValidationOverflow"),
    ("{\(entry("a", "U8", "[18446744073709551615]"))}", 4, "ValidationOverflow"),
    // The walk goes tensor by tensor: the first tensor's size is judged before the second's offsets.
    (
      "{\(entry("a", "U8", "[3]")),\(entry("b", "U8", "[1]", "[9,10]"))}", 10,
      "TensorInvalidInfo"
    ),
  ]

  @Test(arguments: structures)
  func `carry the reference's error name`(header: String, data: Int, code: String) {
    #expect(self.code(Samples.bytes(header, data: data)) == code)
  }

  static let infos: [String] = [
    #"{"dtype":"f32","shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":"F128","shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":"C128","shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":"F8_E4M3FN","shape":[4],"data_offsets":[0,4]}"#,
    #"{"dtype":"I4","shape":[8],"data_offsets":[0,4]}"#,
    #"{"dtype":null,"shape":[4],"data_offsets":[0,4]}"#,
    #"{"dtype":"","shape":[1],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":null,"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":4,"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[4e0],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[04],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[-0,4]}"#,
    #"{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[[4]],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[4,],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[4]}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[]}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":null}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":{"0":0}}"#,
    #"{"shape":[4],"data_offsets":[0,4]}"#, #"{"dtype":"U8","data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[4]}"#, "{}", "null", "[]", #"["U8",[4]]"#, #""U8""#,
    #"["U8",[4],[0,4],0]"#, #"{"dtype":"U8","shape":[4],"data_offsets":[0,4],}"#,
    #"{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[0,4],"data_offsets":[0,4]}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":"\ud800"}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":1e999}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":01}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":[1,]}"#,
    #"{"dtype":"U8","shape":[4],"data_offsets":[0,4] "x":1}"#,
    #"{"dtype":"U8\u0000","shape":[4],"data_offsets":[0,4]}"#,
    "{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"x\":\"\n\"}",
  ]

  @Test(arguments: infos)
  func `of a tensor's description are those of the header`(info: String) {
    #expect(code(Samples.bytes("{\"a\":\(info)}", data: 4)) == "InvalidHeaderDeserialization")
  }

  static let metadata: [String] = [
    "[]", "1", "\"a\"", #"{"a":1}"#, #"{"a":null}"#, #"{"a":{}}"#, #"{"a":["b"]}"#, #"{"a":true}"#,
    #"{"a":"\udc00"}"#, #"{"a":"b",}"#, #"{a:"b"}"#, #"{"a" "b"}"#, #"{"a":"b"},"__metadata__":{}"#,
    #"null,"__metadata__":null"#,
  ]

  @Test(arguments: metadata)
  func `of the metadata are those of the header`(metadata: String) {
    #expect(
      code(Samples.bytes("{\"__metadata__\":\(metadata)}")) == "InvalidHeaderDeserialization")
  }

  static let names = [#"\ud800"#, #"\udc00\ud800"#, #"\x"#, "\n", "\u{1}", #"\u12"#, #"\"#]

  @Test(arguments: names)
  func `of names are those of the header`(name: String) {
    let header = "{\(SafetensorsSamples.entry(name))}"
    #expect(code(Samples.bytes(header, data: 4)) == "InvalidHeaderDeserialization")
  }

  @Test func `of text that is not UTF-8 are told apart`() throws {
    let header = [UInt8]("{\"".utf8) + [0xFF] + [UInt8]("\":1}".utf8)
    #expect(
      throws: FormatError(
        file: "model.safetensors", byteOffset: 10, .safetensors(.invalidHeader))
    ) { try Samples.read(Samples.bytes(header, data: 0)) }
  }

  static let lengths: [(UInt64, String)] = [
    (3, "InvalidHeaderLength"), (100, "InvalidHeaderLength"),
    (100_000_000, "InvalidHeaderLength"), (100_000_001, "HeaderTooLarge"),
    (1 << 63, "HeaderTooLarge"), (.max, "HeaderTooLarge"),
  ]

  @Test(arguments: lengths)
  func `of a wrong header length carry the reference's name`(length: UInt64, code: String) {
    #expect(self.code(Samples.bytes("{}", length: length)) == code)
  }

  @Test func `begin where nesting is deeper than the reference's limit`() throws {
    func header(_ depth: Int) -> String {
      let value =
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      return #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":\#(value)}}"#
    }
    // Two levels are the header and the description.
    #expect(code(Samples.bytes(header(125), data: 4)) == "accepted")
    #expect(code(Samples.bytes(header(126), data: 4)) == "InvalidHeaderDeserialization")
    #expect(code(Samples.bytes(header(1_000_000), data: 4)) == "InvalidHeaderDeserialization")
  }

  private static func entry(
    _ name: String = "a", _ dtype: String = "U8", _ shape: String = "[4]",
    _ offsets: String = "[0,4]"
  ) -> String { SafetensorsSamples.entry(name, dtype, shape, offsets) }
}
