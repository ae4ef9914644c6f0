internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Checkpoint check` {
  private func check(_ path: String, values: Bool = false, isLenient: Bool = false) throws
    -> CheckReport
  {
    var check = CheckpointCheck(limits: WorkLimits(threadCount: 2, memoryByteCount: 1 << 20))
    check.checksValues = values
    check.options.isLenient = isLenient
    return try check.run(path)
  }

  private func codes(_ report: CheckReport) -> [String] {
    report.findings.map { "\($0.severity) \($0.code)" }
  }

  static let headers: [(String, [String])] = [
    ("hub-single", []),
    ("headers/leading-space.safetensors", ["warning WhiteSpaceAroundHeader"]),
    ("headers/unknown-field.safetensors", ["warning UnknownField"]),
    ("headers/array-info.safetensors", ["warning ArrayForm"]),
    ("headers/empty-name.safetensors", ["warning EmptyTensorName"]),
    ("headers/metadata-twice-inside.safetensors", ["warning RepeatedMetadataKey"]),
    ("headers/unaligned-tensors.safetensors", ["remark UnalignedTensor"]),
    ("hub", []), ("hub-fp16", []), ("dcp", []),
  ]

  @Test(arguments: headers)
  func `says what the reference tolerates`(file: String, expected: [String]) throws {
    let report = try check(Fixtures.path("safetensors/\(file)"), values: true)
    // The corpus's headers are short and mostly without metadata or padding.
    let ignored = ["remark UnalignedHeader", "warning MissingFormat", "remark UnalignedTensor"]
    let found = codes(report).filter { !ignored.contains($0) || expected.contains($0) }
    #expect(found.filter { $0 != "remark ZeroRows" && $0 != "remark AllZero" } == expected)
    #expect(report.isSound)
    #expect(report.format == "safetensors" && report.tensorCount > 0 && report.byteCount > 0)
  }

  @Test func `names every broken shard, not only the first`() throws {
    let samples = try ShardSamples()
    try samples.write("1.safetensors", ["a": [1]])
    try samples.write("2.safetensors", ["b": [2, 3]])
    let cut = try samples.directory.bytes(of: "2.safetensors").dropLast()
    try samples.directory.write([UInt8](cut), to: "2.safetensors")
    try samples.directory.write([1, 2, 3], to: "3.safetensors")
    try samples.writeIndex([
      "a": "1.safetensors", "b": "2.safetensors", "c": "3.safetensors", "d": "4.safetensors",
    ])
    let report = try check(samples.directory.path)
    #expect(
      codes(report) == [
        "fault MetadataIncompleteBuffer", "fault HeaderTooSmall", "fault CannotOpen",
      ])
    #expect(!report.isSound)
    #expect(report.findings[0].message.contains("the tensor 'b' is cut or lost"))
    #expect(report.files.count == 4)
  }

  @Test func `compares an index with its shards`() throws {
    let samples = try ShardSamples()
    try samples.write("1.safetensors", ["a": [1], "b": [2]], metadata: #"{"format":"pt"}"#)
    try samples.write("2.safetensors", ["c": [3]], metadata: #"{"format":"pt"}"#)
    try samples.writeIndex(
      ["a": "2.safetensors", "c": "1.safetensors"], metadata: ["total_size": 9])
    let report = try check(samples.directory.path)
    #expect(
      codes(report).filter { $0 != "remark UnalignedHeader" } == [
        "warning UnlistedTensor", "warning MisplacedTensor", "warning TotalSizeMismatch",
      ])
    #expect(report.isSound)
  }

  @Test func `answers with the error where nothing can be opened`() throws {
    let report = try check("/nowhere/at/all")
    #expect(codes(report) == ["fault CannotOpen"])
    let several = try ShardSamples()
    try several.write("a.safetensors", ["a": [1]])
    try several.write("b.safetensors", ["a": [1]])
    #expect(codes(try check(several.directory.path)) == ["fault SeveralCheckpoints"])
  }

  @Test func `accepts leniently what it then warns of`() throws {
    let samples = try ShardSamples()
    let header =
      "{\(SafetensorsSamples.entry("a", "U8", "[9]", "[0,9]")),"
      + "\(SafetensorsSamples.entry("a")),\(SafetensorsSamples.entry(#"\u0007"#, "U8", "[1]", "[4,5]"))}"
    let bytes = SafetensorsSamples.bytes(header, data: 5)
    let path = try samples.directory.write(bytes, to: "a.safetensors")
    #expect(codes(try check(path)) == ["fault DuplicateTensorName"])
    let lenient = codes(try check(path, isLenient: true)).filter { $0 != "remark UnalignedHeader" }
    #expect(lenient == ["warning DuplicateTensorName", "warning ControlCharacterInName"])
  }
}
