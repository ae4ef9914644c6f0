internal import Checkpoints
internal import TensorStorage
internal import Testing

@Suite struct `Safetensors layout` {
  private func layout(
    _ tensors: [SafetensorsHeader.Tensor], metadata: [String: String]? = nil
  ) throws -> SafetensorsHeader.FileLayout {
    try SafetensorsHeader.encode(tensors, metadata: metadata, file: "out.safetensors")
  }

  private func header(_ layout: SafetensorsHeader.FileLayout) -> String {
    String(decoding: layout.bytes.dropFirst(8), as: UTF8.self)
  }

  // Written by safetensors 0.8.0, `safetensors.numpy.save`.
  @Test func `sorts by dtype from wide to narrow as the reference does`() throws {
    let tensors: [SafetensorsHeader.Tensor] = [
      .init(name: "a", dtype: .f64, shape: [2]), .init(name: "b", dtype: .c64, shape: [1]),
      .init(name: "c", dtype: .bool, shape: [3]), .init(name: "d", dtype: .u8, shape: [0, 4]),
      .init(name: "e", dtype: .i64, shape: [1, 1]), .init(name: "f", dtype: .u64, shape: []),
      .init(name: "g", dtype: .i8, shape: [5]), .init(name: "h", dtype: .f16, shape: [1]),
    ]
    let layout = try layout(tensors, metadata: ["format": "pt"])
    #expect(Array(layout.bytes.prefix(8)) == [0xD8, 1, 0, 0, 0, 0, 0, 0])
    #expect(
      header(layout)
        == #"{"__metadata__":{"format":"pt"},"#
        + #""f":{"dtype":"U64","shape":[],"data_offsets":[0,8]},"#
        + #""e":{"dtype":"I64","shape":[1,1],"data_offsets":[8,16]},"#
        + #""a":{"dtype":"F64","shape":[2],"data_offsets":[16,32]},"#
        + #""b":{"dtype":"C64","shape":[1],"data_offsets":[32,40]},"#
        + #""h":{"dtype":"F16","shape":[1],"data_offsets":[40,42]},"#
        + #""g":{"dtype":"I8","shape":[5],"data_offsets":[42,47]},"#
        + #""d":{"dtype":"U8","shape":[0,4],"data_offsets":[47,47]},"#
        + #""c":{"dtype":"BOOL","shape":[3],"data_offsets":[47,50]}} "#)
    #expect(layout.fileByteCount == 530)
    #expect(layout.order == [5, 4, 0, 1, 7, 6, 3, 2])
    #expect(layout.ranges[0] == 496..<512)
    #expect(layout.ranges[2] == 527..<530)
  }

  @Test func `sorts names by their bytes and escapes them as the reference does`() throws {
    let names: [TensorName] = [
      "é", "\u{FFFF}", "😀", "10", "2", "q\"\\/\u{2028}", "", "e\u{301}",
    ]
    let layout = try layout(names.map { .init(name: $0, dtype: .f32, shape: []) })
    let order = ["", "10", "2", "e\u{301}", #"q\"\\/"# + "\u{2028}", "é", "\u{FFFF}", "😀"]
    var json = order.enumerated().map { position, name in
      #""\#(name)":{"dtype":"F32","shape":[],"data_offsets":[\#(position * 4),\#(position * 4 + 4)]}"#
    }.joined(separator: ",")
    json = "{\(json)}"
    while !json.utf8.count.isMultiple(of: 8) { json += " " }
    #expect(header(layout).utf8.elementsEqual(json.utf8))
  }

  // Written by safetensors 0.8.0, but for the last: it has no order for several keys.
  static let small: [([String: String]?, String)] = [
    (nil, "{}      "),
    (["a": "b"], #"{"__metadata__":{"a":"b"}}      "#),
    (["k\n\u{1}é/": "\""], #"{"__metadata__":{"k\n\u0001é/":"\""}}  "#),
    (["b": "1", "é": "2", "B": "3"], #"{"__metadata__":{"B":"3","b":"1","é":"2"}}     "#),
  ]

  @Test(arguments: small)
  func `holds metadata alone`(metadata: [String: String]?, header: String) throws {
    let layout = try layout([], metadata: metadata)
    #expect(self.header(layout) == header)
    #expect(layout.fileByteCount == 8 + header.utf8.count)
  }

  @Test func `writes an empty map of metadata, as the reference does beside tensors`() throws {
    let layout = try layout([.init(name: "a", dtype: .u8, shape: [1])], metadata: [:])
    #expect(
      header(layout)
        == #"{"__metadata__":{},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} "#)
  }

  static let refused: [(SafetensorsHeader.Tensor, SafetensorsFault, String)] = [
    (.init(name: "__metadata__", dtype: .u8, shape: [1]), .reservedName, "ReservedTensorName"),
    (.init(name: "a\0b", dtype: .u8, shape: [1]), .unwritableName, "ControlCharacterInName"),
    (.init(name: "a\u{1B}[2J", dtype: .u8, shape: [1]), .unwritableName, "ControlCharacterInName"),
    (.init(name: "a", dtype: .c128, shape: [1]), .unsupportedDType(.c128), "UnsupportedDType"),
    (
      .init(name: "a", dtype: .f4, shape: [3]), .misalignedSlice(dtype: .f4, elementCount: 3),
      "MisalignedSlice"
    ),
    (
      .init(name: "a", dtype: .f64, shape: [1 << 40, 1 << 40]),
      .validationOverflow(shape: [1 << 40, 1 << 40]), "ValidationOverflow"
    ),
  ]

  @Test(arguments: refused)
  func `is refused for a tensor that safetensors cannot hold`(
    tensor: SafetensorsHeader.Tensor, fault: SafetensorsFault, code: String
  ) {
    let expected = FormatError(
      file: "out.safetensors", tensor: tensor.name.text, .safetensors(fault))
    #expect(throws: expected) { try layout([tensor]) }
    #expect(expected.code == code)
  }

  @Test func `is refused where the header would be above the limit`() {
    let name = TensorName(String(repeating: "x", count: 100_000_000))
    #expect(
      throws: FormatError(
        file: "out.safetensors", .safetensors(.writtenHeaderTooLarge(byteCount: 100_000_056)))
    ) { try layout([.init(name: name, dtype: .u8, shape: [1])]) }
  }
}
