internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Distributed shards` {
  /// A box of the tensor whose element at an index is its row-major position.
  struct Block: Sendable {
    var offsets: [Int]
    var extents: [Int]

    func bytes(of shape: [Int]) -> [UInt8] {
      indices(extents).map { index in
        var position = 0
        for dimension in shape.indices {
          position = position * shape[dimension] + offsets[dimension] + index[dimension]
        }
        return UInt8(truncatingIfNeeded: position)
      }
    }

    private func indices(_ extents: [Int]) -> [[Int]] {
      extents.reduce([[]]) { prefixes, extent in
        prefixes.flatMap { prefix in (0..<extent).map { prefix + [$0] } }
      }
    }
  }

  /// Cuts a box at random until it has `count` parts or cannot be cut.
  private func cut(
    _ shape: [Int], into count: Int, using generator: inout some RandomNumberGenerator
  ) -> [Block] {
    var blocks = [Block(offsets: shape.map { _ in 0 }, extents: shape)]
    for _ in 0..<(count * 4) where blocks.count < count {
      let chosen = Int.random(in: blocks.indices, using: &generator)
      let dimension = Int.random(in: shape.indices, using: &generator)
      let extent = blocks[chosen].extents[dimension]
      guard extent > 1 else { continue }
      let first = Int.random(in: 1..<extent, using: &generator)
      var second = blocks[chosen]
      blocks[chosen].extents[dimension] = first
      second.offsets[dimension] += first
      second.extents[dimension] -= first
      blocks.append(second)
    }
    return blocks
  }

  private func samples(_ blocks: [Block], of shape: [Int]) throws -> ShardSamples {
    let samples = try ShardSamples()
    for (position, block) in blocks.enumerated() {
      let notes: JSONValue = [
        "t": ["saved_offsets": .array(block.offsets.map { .int($0) })]
      ]
      let metadata: JSONValue = [
        "DCP_SHARDING_INFO": .string(notes.rendered(.compact)), "DCP_VERSION": "1.0",
        "format": "pt",
      ]
      try samples.write(
        "shard-0000\(position + 1)-model-00001-of-00001.safetensors",
        [("t", block.extents, block.bytes(of: shape))], metadata: metadata.rendered(.compact))
    }
    return samples
  }

  static let shapes = [[7], [4, 6], [1, 9], [3, 4, 5], [2, 3, 2, 3], [5, 1, 4], [1, 1, 1]]

  @Test(arguments: shapes, 0..<6)
  func `give the whole tensor, however it was cut`(shape: [Int], seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let blocks = cut(shape, into: 1 + seed, using: &generator)
    let checkpoint = try samples(blocks.shuffled(using: &generator), of: shape).open()
    let tensor = try #require(checkpoint["t"])
    let whole = Block(offsets: shape.map { _ in 0 }, extents: shape).bytes(of: shape)
    #expect(tensor.shape == shape)
    #expect(try tensor.read() == whole)
    #expect(checkpoint.metadata == ["format": "pt"])
    // Every range, so that reads begin and end within runs, rows and blocks.
    for start in whole.indices {
      for end in start..<whole.count {
        var bytes = [UInt8](repeating: 0xEE, count: end - start)
        try bytes.withMutableRawBytes { span in
          var cursor = try tensor.storage.source.makeCursor()
          try cursor.read(at: start, into: &span)
        }
        #expect(bytes == Array(whole[start..<end]))
      }
    }
  }

  static let faults: [([Block], [Int], ShardFault)] = [
    (
      [Block(offsets: [0, 0], extents: [2, 2]), Block(offsets: [3, 0], extents: [1, 2])], [4, 2],
      .missingBlocks(shape: [4, 2], missing: 2)
    ),
    (
      [Block(offsets: [0, 0], extents: [2, 2]), Block(offsets: [1, 0], extents: [2, 2])], [3, 2],
      .overlappingBlocks(
        "shard-00001-model-00001-of-00001.safetensors",
        "shard-00002-model-00001-of-00001.safetensors")
    ),
    ([Block(offsets: [1], extents: [2])], [3], .missingBlocks(shape: [3], missing: 1)),
    (
      [Block(offsets: [0], extents: [2]), Block(offsets: [.max - 1], extents: [2])], [3],
      .unplaceableBlock(offsets: [.max - 1], shape: [2])
    ),
  ]

  @Test(arguments: faults)
  func `that do not tile a tensor are refused`(
    blocks: [Block], shape: [Int], fault: ShardFault
  ) throws {
    let error = try samples(blocks, of: shape).error()
    #expect(error?.fault == .shards(fault))
    #expect(error?.tensor == "t")
  }

  @Test func `opened one by one say that they are a part`() throws {
    let samples = try samples([Block(offsets: [0], extents: [3])], of: [3])
    let checkpoint = try samples.open("shard-00001-model-00001-of-00001.safetensors")
    #expect(checkpoint.source.notes.count == 1)
  }
}
