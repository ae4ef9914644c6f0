internal import TensorStorage

extension ShardSet {
  /// The tensors of all shards as one checkpoint.
  ///
  /// In the order of the index, which is that of the state dict where huggingface_hub wrote it: so writing the
  /// tensors to shards again gives its layout. Without an index, shard by shard; torch's distributed
  /// checkpoints in the order of their notes, which is that of the state dict as well.
  func merged(
    index: ShardIndex?
  ) throws(FormatError) -> (checkpoint: Checkpoint, disagreements: [IndexDisagreement]) {
    var result = Checkpoint(source: source())
    result.metadata = metadata(index: index)
    var tensors = try ShardedTensors(self)
    result.reserveCapacity(tensors.count)
    var missing: [String] = []
    var misplaced: [TensorName] = []
    for (name, shard) in index?.tensors ?? [] {
      guard let (entry, home) = try tensors.take(name) else {
        missing.append(name.text)
        continue
      }
      if let index, !isShard(home, named: index.shards[shard]) { misplaced.append(name) }
      append(entry, of: home, to: &result)
    }
    guard missing.isEmpty else {
      throw FormatError(
        file: path, .shards(.missingTensors(Array(missing.prefix(5)), count: missing.count)))
    }
    let unlisted = tensors.remainingNames
    for name in unlisted {
      guard let (entry, home) = try tensors.take(name) else { continue }
      append(entry, of: home, to: &result)
    }
    let disagreements =
      index?.disagreements(unlisted: unlisted, misplaced: misplaced, with: result) ?? []
    let name = "'\(escaped(ShardName.lastComponent(of: path)))'"
    result.source.notes += disagreements.map { "\(name) \($0.sentence)" }
    return (result, disagreements)
  }

  private func append(_ entry: Checkpoint.Entry, of shard: Int, to result: inout Checkpoint) {
    result.source.fileOfTensor[entry.name] = shard
    // `ShardedTensors` hands out each name once.
    _ = result.append(entry)
  }

  private func isShard(_ position: Int, named name: String) -> Bool {
    names[position].utf8.elementsEqual(name.utf8)
  }

  /// Where it all came from: what the shards' own sources say, together.
  private func source() -> CheckpointSource {
    var source = checkpoints.first?.source ?? CheckpointSource()
    source.files = checkpoints.flatMap(\.source.files)
    source.fileOfTensor = [:]
    source.globals = Set(checkpoints.flatMap(\.source.globals)).sorted()
    source.otherValues = checkpoints.flatMap(\.source.otherValues)
    source.notes = checkpoints.flatMap(\.source.notes)
    return source
  }

  /// The shards' metadata and the texts in the index's; what stands first is kept.
  ///
  /// huggingface_hub writes the names of tied tensors that it left out into the index's metadata where there
  /// are shards, and into the header's where there is one file.
  private func metadata(index: ShardIndex?) -> [String: String] {
    var metadata: [String: String] = [:]
    for checkpoint in checkpoints {
      metadata.merge(checkpoint.metadata) { first, _ in first }
    }
    metadata.merge(index?.notes ?? [:]) { first, _ in first }
    for key in DistributedNotes.metadataKeys { metadata[key] = nil }
    return metadata
  }
}
