internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Shard index` {
  @Test func `gives its own order to the tensors`() throws {
    let samples = try ShardSamples()
    try samples.write("model-00001-of-00002.safetensors", ["a": [1], "b": [2]])
    try samples.write("model-00002-of-00002.safetensors", ["c": [3]])
    try samples.writeIndex(
      [
        "c": "model-00002-of-00002.safetensors", "b": "model-00001-of-00002.safetensors",
        "a": "model-00001-of-00002.safetensors",
      ], metadata: ["total_size": 3, "lm_head": "embed"])
    let checkpoint = try samples.open()
    #expect(checkpoint.entries.map(\.name) == ["c", "b", "a"])
    #expect(checkpoint.source.files.count == 2)
    #expect(checkpoint.source.fileOfTensor == ["c": 1, "b": 0, "a": 0])
    #expect(checkpoint.source.notes.isEmpty)
    #expect(checkpoint.metadata == ["lm_head": "embed"])
    #expect(try checkpoint["c"]?.read() == [3])
  }

  @Test func `is opened by its own path from anywhere`() throws {
    let samples = try ShardSamples()
    try samples.write("model-00001-of-00001.safetensors", ["a": [1]])
    try samples.writeIndex(
      ["a": "model-00001-of-00001.safetensors"], to: "renamed.json", metadata: ["total_size": 1])
    #expect(try samples.open("renamed.json").entries.count == 1)
  }

  static let disagreements: [(KeyValuePairs<String, String>, Int, String)] = [
    (["a": "1.safetensors", "c": "2.safetensors"], 3, "does not list 'b', found in its shards"),
    (
      ["a": "1.safetensors", "b": "2.safetensors", "c": "2.safetensors"], 3,
      "names other shards for 'b' than have them"
    ),
    (
      ["a": "1.safetensors", "b": "1.safetensors", "c": "2.safetensors"], 999,
      "gives a total_size of 999 bytes; the tensors have 3"
    ),
  ]

  @Test(arguments: disagreements)
  func `that its shards do not bear out is remarked on`(
    map: KeyValuePairs<String, String>, totalByteCount: Int, note: String
  ) throws {
    let samples = try ShardSamples()
    try samples.write("1.safetensors", ["a": [1], "b": [2]])
    try samples.write("2.safetensors", ["c": [3]])
    try samples.writeIndex(map, metadata: ["total_size": .int(totalByteCount)])
    let checkpoint = try samples.open()
    #expect(checkpoint.entries.map(\.name.text).sorted() == ["a", "b", "c"])
    #expect(checkpoint.source.notes == ["'model.safetensors.index.json' \(note)"])
  }

  @Test func `names every shard that is missing`() throws {
    let samples = try ShardSamples()
    try samples.write("1.safetensors", ["a": [1]])
    try samples.writeIndex(["a": "1.safetensors", "b": "2.safetensors", "c": "3.safetensors"])
    let error = try samples.error()
    #expect(error?.fault == .shards(.missingShards(["2.safetensors", "3.safetensors"], count: 2)))
    #expect(error?.code == "MissingShard")
  }

  @Test func `names the tensors that are missing`() throws {
    let samples = try ShardSamples()
    try samples.write("1.safetensors", ["a": [1]])
    try samples.writeIndex(["x": "1.safetensors", "a": "1.safetensors", "y": "1.safetensors"])
    #expect(try samples.error()?.fault == .shards(.missingTensors(["x", "y"], count: 2)))
  }

  @Test func `whose tensor is in two shards is refused`() throws {
    let samples = try ShardSamples()
    try samples.write("1.safetensors", ["a": [1]])
    try samples.write("2.safetensors", ["a": [1], "b": [2]])
    try samples.writeIndex(["a": "1.safetensors", "b": "2.safetensors"])
    let error = try samples.error()
    #expect(error?.fault == .shards(.tensorInTwoShards("1.safetensors", "2.safetensors")))
    #expect(error?.tensor == "a")
  }

  static let unsafeNames = [
    "../1.safetensors", "/1.safetensors", "a//1.safetensors", ".//1.safetensors",
    "./../1.safetensors", "a/./1.safetensors", "a/../1.safetensors",
    "C:1.safetensors", "C:\\1.safetensors", "..\\1.safetensors", "", "..", "a/", "1\n.safetensors",
    "https://example.com/1.safetensors",
  ]

  @Test(arguments: unsafeNames)
  func `with a shard outside of its directory is refused for safety`(name: String) throws {
    let samples = try ShardSamples()
    try samples.writeIndex(["a": name])
    let error = try samples.error()
    let shown = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
    #expect(error?.fault == .shards(.unsafeShardName(shown)))
    #expect(error?.isSafetyRefusal == true)
  }

  @Test func `may name shards in its directory as the shell does`() throws {
    let samples = try ShardSamples()
    try samples.write("1.safetensors", ["a": [1]])
    try samples.writeIndex(["a": "./1.safetensors"])
    #expect(try samples.error() == nil)
  }

  static let otherSuffixes = [
    ("1.bin", "model.safetensors.index.json"), ("1.safetensors", "pytorch_model.bin.index.json"),
    ("1.safetensors.exe", "model.safetensors.index.fp16.json"),
  ]

  @Test(arguments: otherSuffixes)
  func `with shards of another kind is refused`(shard: String, index: String) throws {
    let samples = try ShardSamples()
    try samples.writeIndex(["a": shard], to: index)
    #expect(try samples.error()?.code == "InvalidShardName")
  }

  @Test func `may name shards in directories below its own`() throws {
    let samples = try ShardSamples()
    let folder = try OutputDirectory(path: samples.directory.path("below/it"))
    try samples.write("below/it/1.safetensors", ["a": [7]])
    try samples.writeIndex(["a": "below/it/1.safetensors"], metadata: ["total_size": 1])
    #expect(try samples.open()["a"]?.read() == [7])
    withExtendedLifetime(folder) {}
  }

  @Test func `above the size limit is refused before it is read`() throws {
    let samples = try ShardSamples()
    let bytes = [UInt8](repeating: UInt8(ascii: " "), count: 10_000_001)
    try samples.directory.write(bytes, to: "model.safetensors.index.json")
    #expect(try samples.error()?.fault == .shards(.indexTooLarge(byteCount: 10_000_001)))
  }

  @Test func `may be in the middle of other files, and its shards are not candidates`() throws {
    let samples = try ShardSamples()
    try samples.write("odd name.safetensors", ["a": [1]])
    try samples.write("model-00001-of-00002.safetensors", ["a": [9]])
    try samples.writeIndex(["a": "odd name.safetensors"], metadata: ["total_size": 1])
    #expect(try samples.open()["a"]?.read() == [1])
  }
}
