internal import TensorStorage

/// A part of a tensor that one shard holds: a box of its elements.
struct TensorBlock {
  /// The box, row-major.
  let tensor: LazyTensor
  /// Where its first element stands in the whole tensor.
  let offsets: [Int]
  /// Whose it is.
  let shardName: String

  /// The whole tensor of which these are the blocks.
  ///
  /// - Throws: What keeps them from tiling a box.
  static func assembled(_ blocks: [TensorBlock]) throws(ShardFault) -> LazyTensor {
    let first = blocks[0]
    for block in blocks.dropFirst() {
      guard block.tensor.dtype == first.tensor.dtype else {
        throw .blockDTypes(first.tensor.dtype.name, block.tensor.dtype.name)
      }
      guard block.offsets.count == first.offsets.count else {
        throw .blockRanks(first.offsets.count, block.offsets.count)
      }
    }
    var shape = [Int](repeating: 0, count: first.offsets.count)
    for block in blocks {
      for (dimension, end) in try block.ends().enumerated() {
        shape[dimension] = max(shape[dimension], end)
      }
    }
    try checkCover(of: shape, by: blocks)
    if blocks.count == 1 { return first.tensor }
    return try whole(shape, blocks)
  }

  /// One behind the block's last index, along each dimension.
  private func ends() throws(ShardFault) -> [Int] {
    var ends: [Int] = []
    for (offset, extent) in zip(offsets, tensor.shape) {
      let (end, overflow) = offset.addingReportingOverflow(extent)
      guard !overflow else { throw .unplaceableBlock(offsets: offsets, shape: tensor.shape) }
      ends.append(end)
    }
    return ends
  }

  /// Checks that no two blocks overlap and that together they have as many elements as the whole.
  private static func checkCover(
    of shape: [Int], by blocks: [TensorBlock]
  ) throws(ShardFault) {
    guard let needed = Layout.elementCount(of: shape) else {
      let last = blocks.max { $0.offsets.lexicographicallyPrecedes($1.offsets) } ?? blocks[0]
      throw .unplaceableBlock(offsets: last.offsets, shape: last.tensor.shape)
    }
    let filled = blocks.filter { $0.tensor.elementCount > 0 }
    try checkOverlap(filled)
    // Without overlaps the sum cannot exceed the whole.
    let found = filled.reduce(0) { $0 + $1.tensor.elementCount }
    guard found == needed else { throw .missingBlocks(shape: shape, missing: needed - found) }
  }

  /// Sweeps along the first dimension, so that rows of blocks are compared with their neighbours only.
  private static func checkOverlap(_ blocks: [TensorBlock]) throws(ShardFault) {
    guard blocks.count > 1 else { return }
    guard blocks[0].offsets.count > 0 else {
      throw .overlappingBlocks(blocks[0].shardName, blocks[1].shardName)
    }
    let sorted = blocks.sorted { $0.offsets[0] < $1.offsets[0] }
    var active: [TensorBlock] = []
    for block in sorted {
      active.removeAll { $0.offsets[0] + $0.tensor.shape[0] <= block.offsets[0] }
      if let other = active.first(where: { $0.overlaps(block) }) {
        throw .overlappingBlocks(other.shardName, block.shardName)
      }
      active.append(block)
    }
  }

  private func overlaps(_ other: TensorBlock) -> Bool {
    for dimension in offsets.indices {
      let (a, b) = (offsets[dimension], other.offsets[dimension])
      guard a < b + other.tensor.shape[dimension], b < a + tensor.shape[dimension] else {
        return false
      }
    }
    return true
  }

  private static func whole(
    _ shape: [Int], _ blocks: [TensorBlock]
  ) throws(ShardFault) -> LazyTensor {
    let first = blocks[0]
    let source = BlockBytes(
      blocks.filter { $0.tensor.elementCount > 0 }, shape: shape, dtype: first.tensor.dtype)
    guard let source,
      let tensor = LazyTensor(dtype: first.tensor.dtype, shape: shape, storage: Storage(source))
    else { throw .unplaceableBlock(offsets: first.offsets, shape: first.tensor.shape) }
    return tensor
  }
}
