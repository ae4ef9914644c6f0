internal import TensorStorage

extension ShardSet {
  /// The tensors of all shards as one checkpoint.
  ///
  /// In the order of the index, which is that of the state dict where huggingface_hub wrote it: so writing the
  /// tensors to shards again gives its layout. Without an index, shard by shard; torch's distributed
  /// checkpoints in the order of their notes, which is that of the state dict as well.
  func merged(index: ShardIndex?) throws(FormatError) -> Checkpoint {
    var result = Checkpoint(source: source())
    result.metadata = metadata(index: index)
    var tensors = try ShardedTensors(self)
    result.reserveCapacity(tensors.count)
    var missing: [String] = []
    var misplacedCount = 0
    for (name, shard) in index?.tensors ?? [] {
      guard let (entry, home) = try tensors.take(name) else {
        missing.append(name.text)
        continue
      }
      if let index, !isShard(home, named: index.shards[shard]) { misplacedCount += 1 }
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
    if let index {
      result.source.notes += index.disagreements(
        unlisted: unlisted, misplacedCount: misplacedCount, with: result)
    }
    return result
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

extension ShardIndex {
  /// What the index says and the shards do not bear out, as sentences.
  fileprivate func disagreements(
    unlisted: [TensorName], misplacedCount: Int, with checkpoint: Checkpoint
  ) -> [String] {
    var notes: [String] = []
    let name = "'\(escaped(ShardName.lastComponent(of: path)))'"
    if let first = unlisted.first {
      let rest = unlisted.count > 1 ? " and \(unlisted.count - 1) more" : ""
      notes.append("\(name) does not list '\(escaped(first.text))'\(rest), found in its shards")
    }
    if misplacedCount > 0 {
      notes.append("\(name) names another shard for \(misplacedCount) tensors than has them")
    }
    if let totalByteCount, !checkpoint.possibleTotals.contains(totalByteCount) {
      let found = checkpoint.possibleTotals.sorted().map(\.description).joined(separator: " or ")
      notes.append(
        "\(name) gives a total_size of \(totalByteCount) bytes; the tensors have \(found)")
    }
    return notes
  }
}

extension Checkpoint {
  /// What a `total_size` may be: bytes of all tensors, tied ones once or each time.
  fileprivate var possibleTotals: Set<Int> {
    var seen: Set<ObjectIdentifier> = []
    var (all, once) = (0, 0)
    for entry in entries {
      all &+= entry.tensor.byteCount
      if seen.insert(ObjectIdentifier(entry.tensor.storage)).inserted {
        once &+= entry.tensor.byteCount
      }
    }
    return [all, once]
  }
}
