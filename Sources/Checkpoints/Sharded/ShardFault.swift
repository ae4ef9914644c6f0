internal import TensorStorage

/// Faults of a directory, of the index of a sharded checkpoint, and of its shards' agreement with it.
public enum ShardFault: FormatFault {
  /// A directory without a checkpoint; `found` begins the list of what is in it.
  case nothingInside(found: [String])
  /// A directory with several checkpoints.
  case severalCandidates([String])
  /// The index is larger than any real one.
  case indexTooLarge(byteCount: Int)
  /// The index is not the JSON that an index is.
  case invalidIndex(JSONError.Reason)
  /// The index names no tensors.
  case emptyIndex
  /// The index names a shard by a path that leaves its directory, or by none.
  case unsafeShardName(String)
  /// The index names a shard of another kind than itself.
  case otherSuffix(String, needed: String)
  /// Shards that the index names, or that the numbers in the others' names promise, are not there.
  case missingShards([String], count: Int)
  /// Tensors of the index are in none of its shards.
  case missingTensors([String], count: Int)
  /// Two shards have a tensor of the same name.
  case tensorInTwoShards(String, String)
  /// The notes of torch's distributed checkpoint are not the JSON that they are.
  case invalidSharding(JSONError.Reason)
  /// The notes give the block of a tensor no place, or one of another rank.
  case unplacedBlock
  /// The blocks of a tensor differ in dtype.
  case blockDTypes(String, String)
  /// The blocks of a tensor differ in rank.
  case blockRanks(Int, Int)
  /// A block ends outside of what can be counted, or its dtype does not fill bytes.
  case unplaceableBlock(offsets: [Int], shape: [Int])
  /// Two blocks of a tensor have elements in common.
  case overlappingBlocks(String, String)
  /// `bundle.json` is not what it should be.
  case invalidBundle(String)
  /// A file of a bundle's pool is not what `bundle.json` says.
  case poolChanged(expected: String, found: String)
  /// The blocks of a tensor leave some of it out.
  case missingBlocks(shape: [Int], missing: Int)
}

extension ShardFault {
  /// Whether a shard was refused because its path leads elsewhere.
  public var isSafetyRefusal: Bool {
    if case .unsafeShardName = self { true } else { false }
  }

  /// A name for programs.
  public var code: String {
    switch self {
    case .nothingInside: "NoCheckpoint"
    case .severalCandidates: "SeveralCheckpoints"
    case .indexTooLarge: "IndexTooLarge"
    case .invalidIndex, .emptyIndex: "InvalidIndex"
    case .unsafeShardName, .otherSuffix: "InvalidShardName"
    case .missingShards: "MissingShard"
    case .missingTensors: "MissingTensor"
    case .tensorInTwoShards: "TensorInTwoShards"
    case .invalidBundle: "InvalidBundle"
    case .poolChanged: "PoolChanged"
    case .invalidSharding, .unplacedBlock: "InvalidShardingInfo"
    case .blockDTypes, .blockRanks, .unplaceableBlock, .overlappingBlocks, .missingBlocks:
      "InvalidBlocks"
    }
  }

  /// What is wrong, what was needed, what to do.
  public var sentence: String {
    switch self {
    case .nothingInside(let found):
      found.isEmpty
        ? "the directory is empty; a checkpoint file, or an index with its shards, was expected"
        : "no checkpoint is in the directory, which holds \(Self.list(found, count: found.count)); "
          + "a .safetensors, .pt, .pth, .bin, .ckpt or .npz file, or an index, was expected"
    case .severalCandidates(let names):
      "the directory holds several checkpoints: \(Self.list(names, count: names.count)); "
        + "give the one that is meant"
    case .indexTooLarge(let byteCount):
      "the index has \(byteCount) bytes; \(ShardIndex.maximumByteCount) are the limit"
    case .invalidIndex(let reason): "the file is not the index of a sharded checkpoint: \(reason)"
    case .emptyIndex: "the index names no tensors: its 'weight_map' is empty"
    case .unsafeShardName(let name):
      "the index names the shard '\(escaped(name))'; a shard's name must be a relative path that "
        + "stays in the index's directory"
    case .otherSuffix(let name, let needed):
      "the index names the shard '\(escaped(name))'; its shards must end in '\(escaped(needed))'"
    case .missingShards(let names, let count):
      "\(count == 1 ? "a shard is" : "\(count) shards are") missing: "
        + "\(Self.list(names, count: count)); download or copy the checkpoint again"
    case .missingTensors(let names, let count):
      "the index names tensors that its shards do not have: \(Self.list(names, count: count)); "
        + "the index belongs to other shards, or a shard was replaced"
    case .tensorInTwoShards(let first, let second):
      "the tensor is in two shards, '\(escaped(first))' and '\(escaped(second))'; only one of them "
        + "can be meant, so remove the shards that are left over from another checkpoint"
    case .invalidSharding(let reason):
      "the notes of torch's distributed checkpoint ('DCP_SHARDING_INFO') cannot be read: \(reason)"
    case .invalidBundle(let reason): "the file does not describe a bundle: \(reason)"
    case .poolChanged(let expected, let found):
      "the tensor was edited behind the bundle's back: SHA-256 \(found.prefix(12))…, and bundle.json says "
        + "\(expected.prefix(12))…; restore the file, or tie the models again"
    case .unplacedBlock:
      "the notes of torch's distributed checkpoint ('DCP_SHARDING_INFO') do not say where this "
        + "block of the tensor belongs"
    case .blockDTypes(let first, let second):
      "its blocks are of two dtypes, \(first) and \(second)"
    case .blockRanks(let first, let second):
      "its blocks have \(first) and \(second) dimensions"
    case .unplaceableBlock(let offsets, let shape):
      "a block of shape \(shape) at \(offsets) cannot be placed"
    case .overlappingBlocks(let first, let second):
      "its blocks in '\(escaped(first))' and '\(escaped(second))' overlap"
    case .missingBlocks(let shape, let missing):
      "its blocks reach over the shape \(shape) but leave \(missing) elements out: a shard of the "
        + "distributed checkpoint is missing"
    }
  }

  /// Up to five names, and how many more there are.
  private static func list(_ names: [String], count: Int) -> String {
    let shown = names.prefix(5).map { "'\(escaped($0))'" }.joined(separator: ", ")
    return count > 5 ? "\(shown) and \(count - min(5, names.count)) more" : shown
  }
}
