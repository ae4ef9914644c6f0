@testable internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

/// Tensors below, at and above a page and a piece of work, written in every way the engine has.
@Suite struct `Writing a plan` {
  private static let elementCounts = [1, 3, 1023, 1024, 70_001, 200_000, 0, 500_003]

  /// A checkpoint of numbers, some of whose tensors are views that have to be gathered.
  private static func checkpoint() throws -> Checkpoint {
    let bits = (0..<500_003).map { UInt32(truncatingIfNeeded: $0 &* 2_654_435_761) >> 6 }
    let storage = try Made.tensor(.f32, [bits.count], bits: bits).storage
    var tensors = try elementCounts.enumerated().map { position, count in
      let bytes = try Made.tensor(.f32, [count], storage: storage).read()
      return (
        "t\(position)", try Made.tensor(.f32, [count], storage: Storage(MemoryBytes(bytes)))
      )
    }
    let view = try Made.tensor(
      .f32, [500, 300], storage: storage, byteOffset: 4, strides: [1, 800])
    tensors.append(("view", view))
    tensors.append(("odd", try Made.tensor(.u8, [5001], storage: storage, byteOffset: 17)))
    return try Made.checkpoint(tensors)
  }

  /// Carries out a plan; the file's bytes.
  private func written(by plan: WritePlan) throws -> [UInt8] {
    try plan.execute()
    let file = try RandomAccessFile(path: try #require(plan.files.first).path)
    return try file.bytes(at: 0, count: file.byteCount)
  }

  @Test(arguments: OutputFormat.allCases, [nil, DType.f16])
  func `gives the same bytes for any number of threads and any memory`(
    format: OutputFormat, dtype: DType?
  ) throws {
    let directory = try TemporaryDirectory()
    let checkpoint = try Self.checkpoint()
    var options = ConversionOptions()
    options.format = format
    options.overwrites = true
    options.allowsOverflow = true
    options.dtype = dtype
    var expected: [UInt8]?
    for (threadCount, memory) in [(1, 64 << 20), (4, 64 << 20), (1, 1_500_000), (3, 5_000_000)] {
      options.threadCount = threadCount
      options.memoryByteCount = memory
      let plan = try checkpoint.plan(writingTo: directory.path("out"), options: options)
      // One segment after another, in memory.
      let bytes = try expected ?? #require(plan.files.first).segments.materialized()
      expected = bytes
      #expect(try written(by: plan) == bytes)
    }
  }

  @Test(arguments: [[Int](repeating: 1, count: 65), [0, 1 << 62]])
  func `refuses a shape that numpy lacks, and no other format does`(shape: [Int]) throws {
    let directory = try TemporaryDirectory()
    let bytes = Storage(MemoryBytes([0, 0, 128, 63]))
    let checkpoint = try Made.checkpoint([("a", Made.tensor(.f32, shape, storage: bytes))])
    #expect(
      throws: FormatError(file: "memory", tensor: "a", .plan(.noNumpyShape(shape)))
    ) { try checkpoint.write(to: directory.path("a.npz")) }
    for name in ["a.safetensors", "a.pt"] {
      try checkpoint.write(to: directory.path(name))
      #expect(try Checkpoint.open(directory.path(name))["a"]?.shape == shape)
    }
  }

  @Test(arguments: SmallDisk.available)
  func `gives the same bytes on any disk, from a file that lies on it`(kind: SmallDisk.Kind) throws
  {
    let disk = try #require(
      SmallDisk(kind, kibibytes: [.btrfs, .xfs].contains(kind) ? nil : 40 << 10))
    let (source, path) = (disk.path + "/source.safetensors", disk.path + "/out.safetensors")
    try Self.checkpoint().write(to: source)
    let checkpoint = try Checkpoint.open(source)
    var options = ConversionOptions()
    options.overwrites = true
    for lengthOfNote in 0..<3 {
      options.metadata = ["note": String(repeating: "n", count: lengthOfNote * 8)]
      let plan = try checkpoint.plan(writingTo: path, options: options)
      let expected = try #require(plan.files.first).segments.materialized()
      #expect(try written(by: plan) == expected)
    }
  }
}

@Suite struct `Safetensors data placed as in their source` {
  /// Large and small tensors, no size a multiple of a block.
  private static func tensors() throws -> [(String, LazyTensor)] {
    try ["d", "a", "c", "b"].enumerated().map { position, name in
      let count = position == 1 ? 70_001 : 400_002 + position * 1000
      let bits = (0..<count).map { UInt32(truncatingIfNeeded: $0 &* 2_654_435_761) >> 9 }
      return (name, try Made.tensor(.f32, [count], bits: bits))
    }
  }

  /// Bytes of the output that may share blocks with the source.
  private static func copiedByteCount(_ plan: WritePlan) -> Int {
    guard let file = plan.files.first else { return 0 }
    return WriteJobs(file.segments, budget: plan.budget).jobs.reduce(0) { sum, job in
      if case .copy(_, let bytes) = job { sum + bytes.count } else { sum }
    }
  }

  private func source(in directory: TemporaryDirectory) throws -> Checkpoint {
    let path = directory.path("source.safetensors")
    try Made.checkpoint(try Self.tensors()).write(to: path)
    return try Checkpoint.open(path)
  }

  @Test func `all lie in their blocks as before when only the header changes`() throws {
    let directory = try TemporaryDirectory()
    let source = try source(in: directory)
    var options = ConversionOptions()
    options.alignsDataToSource = true
    for count in [0, 1, 100, 5000] {
      options.metadata = ["note": String(repeating: "n", count: count)]
      let path = directory.path("out-\(count).safetensors")
      let plan = try source.plan(writingTo: path, options: options)
      #expect(Self.copiedByteCount(plan) == source.entries.reduce(0) { $0 + $1.tensor.byteCount })
      try plan.execute()
      try plan.verify(try Checkpoint.open(path))
    }
  }

  @Test func `those that changed come last`() throws {
    let directory = try TemporaryDirectory()
    let source = try source(in: directory)
    var options = ConversionOptions()
    options.alignsDataToSource = true
    options.renames = [try RenameRule("s/^a$/z/")]
    options.keptDTypes = [DTypeRule(pattern: try #require(NamePattern("b")), dtype: .f16)]
    let path = directory.path("out.safetensors")
    let plan = try source.plan(writingTo: path, options: options)
    try plan.execute()
    let written = try Checkpoint.open(path)
    #expect(written.entries.map(\.name.text) == ["z", "c", "d", "b"])
    #expect(Self.copiedByteCount(plan) >= 2 * 400_002 * 4)
    try plan.verify(written)
  }

  @Test func `is not asked for by itself`() throws {
    let directory = try TemporaryDirectory()
    let source = try source(in: directory)
    try source.write(to: directory.path("copy.safetensors"))
    #expect(
      try directory.bytes(of: "copy.safetensors") == directory.bytes(of: "source.safetensors"))
  }
}
