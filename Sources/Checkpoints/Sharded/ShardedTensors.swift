internal import TensorStorage

/// The tensors of several shards by name: each once, or put together from its blocks.
struct ShardedTensors {
  /// Where a name occurs: shards and positions in them.
  private var places: [TensorName: [Place]] = [:]
  /// All names, in the order in which the checkpoint has them where no index says otherwise.
  private var order: [TensorName] = []
  private var taken: Set<TensorName> = []
  private let shards: ShardSet
  /// torch's notes on where blocks belong, for each shard; nil where it has none.
  private let notes: [DistributedNotes?]

  private struct Place {
    var shard: Int
    var position: Int
  }

  init(_ shards: ShardSet) throws(FormatError) {
    self.shards = shards
    var notes: [DistributedNotes?] = []
    for checkpoint in shards.checkpoints {
      notes.append(try DistributedNotes(checkpoint))
    }
    self.notes = notes
    places.reserveCapacity(shards.checkpoints.reduce(0) { $0 + $1.entries.count })
    for note in notes {
      for name in note?.names ?? [] { places[name] = [] }
    }
    for (shard, checkpoint) in shards.checkpoints.enumerated() {
      for (position, entry) in checkpoint.entries.enumerated() {
        places[entry.name, default: []].append(Place(shard: shard, position: position))
      }
    }
    order = Self.order(shards, notes: notes).filter { !(places[$0] ?? []).isEmpty }
  }

  /// Names as the notes have them, then as the shards have them; each once.
  private static func order(_ shards: ShardSet, notes: [DistributedNotes?]) -> [TensorName] {
    var seen: Set<TensorName> = []
    var order: [TensorName] = []
    for (note, checkpoint) in zip(notes, shards.checkpoints) {
      for name in note?.names ?? [] where seen.insert(name).inserted { order.append(name) }
      for entry in checkpoint.entries where seen.insert(entry.name).inserted {
        order.append(entry.name)
      }
    }
    return order
  }

  /// How many tensors there are.
  var count: Int { order.count }

  /// The names that were not taken yet.
  var remainingNames: [TensorName] { order.filter { !taken.contains($0) } }

  /// The tensor of that name and its shard, the first of them if there are several; nil if there is none.
  ///
  /// - Throws: The two shards that have it, unless torch's notes say that they have blocks of it.
  mutating func take(
    _ name: TensorName
  ) throws(FormatError) -> (entry: Checkpoint.Entry, shard: Int)? {
    guard let places = places[name], let first = places.first else { return nil }
    taken.insert(name)
    var entry = shards.checkpoints[first.shard].entries[first.position]
    if places.contains(where: { notes[$0.shard] != nil }) {
      entry.tensor = try assembled(name, places)
    } else if places.count > 1 {
      throw FormatError(
        file: shards.path, tensor: name.text,
        .shards(
          .tensorInTwoShards(shards.names[first.shard], shards.names[places[1].shard])))
    }
    return (entry, first.shard)
  }

  private func assembled(_ name: TensorName, _ places: [Place]) throws(FormatError) -> LazyTensor {
    var blocks: [TensorBlock] = []
    for place in places {
      let tensor = shards.checkpoints[place.shard].entries[place.position].tensor
      guard let offsets = notes[place.shard]?.offsets(of: name, rank: tensor.shape.count) else {
        throw FormatError(
          file: shards.checkpoints[place.shard].source.files.first ?? shards.path,
          tensor: name.text, .shards(.unplacedBlock))
      }
      blocks.append(
        TensorBlock(tensor: tensor, offsets: offsets, shardName: shards.names[place.shard]))
    }
    do throws(ShardFault) {
      return try TensorBlock.assembled(blocks)
    } catch {
      throw FormatError(file: shards.path, tensor: name.text, .shards(error))
    }
  }
}
