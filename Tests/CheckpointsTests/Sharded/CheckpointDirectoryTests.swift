internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Checkpoint directory` {
  private func samples(with names: [String]) throws -> ShardSamples {
    let samples = try ShardSamples()
    for (position, name) in names.enumerated() {
      try samples.write(name, ["t": [UInt8(position)]])
    }
    return samples
  }

  static let found: [([String], String)] = [
    (["model.safetensors"], "model.safetensors"), (["anything.bin"], "anything.bin"),
    (["weights"], "weights"), (["weights.v2"], "weights.v2"),
    (
      ["model.safetensors", "training_args.bin", "optimizer.pt", "rng_state_0.pth"],
      "model.safetensors"
    ),
    (["model.safetensors", "config.json", "README.md", "tokenizer.model"], "model.safetensors"),
    (["model.fp16.safetensors", "model.safetensors"], "model.safetensors"),
    (["model.fp16.safetensors"], "model.fp16.safetensors"),
    (["pytorch_model.bin", "model.safetensors"], "model.safetensors"),
    (["pytorch_model.bin", "pytorch_model.fp16.bin"], "pytorch_model.bin"),
    (["consolidated.safetensors", "model.safetensors"], "model.safetensors"),
    ([".model.safetensors.partial-x", ".hidden.pt", "a.pt"], "a.pt"),
  ]

  @Test(arguments: found)
  func `is read where one checkpoint is meant`(names: [String], chosen: String) throws {
    let samples = try samples(with: names)
    let checkpoint = try samples.open()
    #expect(
      checkpoint.source.files.map { $0.split(separator: "/").last.map(String.init) } == [chosen])
  }

  @Test func `names what it does not read`() throws {
    let samples = try samples(with: ["model.safetensors", "model.fp16.safetensors"])
    #expect(
      try samples.open().source.notes == [
        "'model.safetensors' is read; not read: 'model.fp16.safetensors'"
      ])
  }

  static let ambiguous: [([String], [String])] = [
    (["a.safetensors", "b.safetensors"], ["a.safetensors", "b.safetensors"]),
    (["a.safetensors", "a.pt"], ["a.pt", "a.safetensors"]),
    (
      ["model.safetensors", "adapter_model.safetensors"],
      ["adapter_model.safetensors", "model.safetensors"]
    ),
    (
      ["model.fp16.safetensors", "model.bf16.safetensors"],
      ["model.bf16.safetensors", "model.fp16.safetensors"]
    ),
    (
      ["model-00001-of-00001.safetensors", "model.safetensors"],
      ["model-00001-of-00001.safetensors", "model.safetensors"]
    ),
  ]

  @Test(arguments: ambiguous)
  func `with several checkpoints lists them`(names: [String], listed: [String]) throws {
    let samples = try samples(with: names)
    let error = try samples.error()
    #expect(error?.fault == .shards(.severalCandidates(listed)))
  }

  @Test func `without a checkpoint says what is there`() throws {
    let samples = try samples(with: ["config.json", "notes.txt"])
    let error = try samples.error()
    #expect(error?.fault == .shards(.nothingInside(found: ["config.json", "notes.txt"])))
    #expect(error?.description.contains("'config.json', 'notes.txt'") == true)
    #expect(try ShardSamples().error()?.description.contains("the directory is empty") == true)
  }

  @Test func `with numbered shards and no index is read shard by shard`() throws {
    let samples = try ShardSamples()
    try samples.write("x-00002-of-00002.safetensors", ["b": [2]])
    try samples.write("x-00001-of-00002.safetensors", ["z": [1], "a": [3]])
    #expect(try samples.open().entries.map(\.name) == ["z", "a", "b"])
  }

  @Test func `with numbered shards names the missing ones`() throws {
    let samples = try ShardSamples()
    try samples.write("x-00002-of-00004.safetensors", ["b": [2]])
    let error = try samples.error()
    let missing = [1, 3, 4].map { "x-0000\($0)-of-00004.safetensors" }
    #expect(error?.fault == .shards(.missingShards(missing, count: 3)))
  }

  @Test func `that does not exist is an error of the disk`() {
    let error = #expect(throws: FormatError.self) { try Checkpoint.open("/nowhere/at/all") }
    #expect(error?.code == "CannotOpen")
  }
}
