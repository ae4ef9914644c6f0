internal import TensorStorage

extension Checkpoint {
  /// Opens a checkpoint: reads its names, shapes and places, and no tensor's bytes.
  ///
  /// - Parameters:
  ///   - path: A file, whose format is told from its first bytes; the index of a sharded checkpoint; or a
  ///     directory that holds one checkpoint, or a bundle of models.
  ///   - options: How to read it.
  /// - Returns: The tensors in the order of the file or of the index.
  /// - Throws: What keeps it from being read, and where.
  public static func open(
    _ path: String, options: ReadOptions = ReadOptions()
  ) throws(FormatError) -> Checkpoint {
    let (location, notes) = try CheckpointLocation.find(path)
    var checkpoint = try open(location, options: options).checkpoint
    checkpoint.source.notes = notes + checkpoint.source.notes
    return checkpoint
  }

  /// Opens the files of a location, and says what its index says otherwise.
  static func open(
    _ location: CheckpointLocation, options: ReadOptions
  ) throws(FormatError) -> (checkpoint: Checkpoint, disagreements: [IndexDisagreement]) {
    switch location {
    case .file(let file):
      var checkpoint = try FormatRegistry.readFile(file, options: options)
      if try checkpoint.isShardOfDistributed(path: file.path) {
        checkpoint.source.notes.append(
          "this is one shard of a distributed checkpoint; give its directory to read whole tensors")
      }
      return (checkpoint, [])
    case .index(let index):
      let shards = try ShardSet(
        path: index.path, names: index.shards, paths: location.paths, options: options)
      var merged = try shards.merged(index: index)
      merged.checkpoint.source.indexes = [index.path]
      if let bundle = try BundleMembership(ofIndexAt: index.path) {
        merged.checkpoint = bundle.applied(to: merged.checkpoint)
      }
      return merged
    case .shards(let names, let listing):
      let shards = try ShardSet(
        path: listing.path, names: names, paths: location.paths, options: options)
      return try shards.merged(index: nil)
    case .bundle(let manifest, let directory):
      return (try manifest.opened(in: directory, options: options), [])
    }
  }

  private func isShardOfDistributed(path: String) throws(FormatError) -> Bool {
    guard ShardName(ShardName.lastComponent(of: path))?.rank != nil else { return false }
    return try DistributedNotes(self) != nil
  }
}
