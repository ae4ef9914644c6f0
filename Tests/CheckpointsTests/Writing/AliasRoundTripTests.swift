import Checkpoints
import TensorStorage
import TestSupport
import Testing

@Suite struct `Groups of names over one storage` {
  /// Forty names over a dozen tensors, in an order that has nothing to do with the groups.
  private func made(seed: UInt64) throws -> Checkpoint {
    var generator = SeededGenerator(seed: seed)
    let tensors = try (0..<12).map { number in
      let bytes = (0..<(4 * (number + 1))).map { _ in UInt8.random(in: 0...255, using: &generator) }
      return try #require(
        LazyTensor(dtype: .f32, shape: [number + 1], storage: Storage(MemoryBytes(bytes))))
    }
    var checkpoint = Checkpoint()
    for name in (0..<40).shuffled(using: &generator) {
      let tensor = try #require(tensors.randomElement(using: &generator))
      _ = checkpoint.append(.init(name: TensorName("module.\(name).weight"), tensor: tensor))
    }
    return checkpoint
  }

  private func groups(_ checkpoint: Checkpoint) -> Set<Set<String>> {
    let resolved = checkpoint.resolvingNotes()
    return Set(
      resolved.aliasGroups().map { group in
        Set(group.map { resolved.entries[$0].name.text })
      })
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `are kept by .pt, by safetensors' notes, and by .pt again`(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let first = try made(seed: seed)
    var last = first
    for name in ["1.pt", "2.safetensors", "3.pt"] {
      try last.write(to: directory.path(name))
      last = try Checkpoint.open(directory.path(name))
      #expect(groups(last) == groups(first), "\(name)")
    }
    for entry in first.entries {
      #expect(try last[entry.name]?.read() == entry.tensor.read())
    }
  }

  @Test(arguments: [6, 7, 8] as [UInt64])
  func `are none where each name has a copy, and the copies are equal`(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let first = try made(seed: seed)
    var options = ConversionOptions()
    options.aliases = .copy
    try first.write(to: directory.path("copies.safetensors"), options: options)
    let copies = try Checkpoint.open(directory.path("copies.safetensors"))
    #expect(copies.entries.count == 40)
    #expect(groups(copies).isEmpty)
    for entry in first.entries {
      #expect(try copies[entry.name]?.read() == entry.tensor.read())
    }
  }
}
