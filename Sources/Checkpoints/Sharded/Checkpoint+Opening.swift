internal import TensorStorage

extension Checkpoint {
  /// Opens a checkpoint: reads its names, shapes and places, and no tensor's bytes.
  ///
  /// - Parameters:
  ///   - path: A file, whose format is told from its first bytes; the index of a sharded checkpoint; or a
  ///     directory that holds one checkpoint.
  ///   - options: How to read it.
  /// - Returns: The tensors in the order of the file or of the index.
  /// - Throws: What keeps it from being read, and where.
  public static func open(
    _ path: String, options: ReadOptions = ReadOptions()
  ) throws(FormatError) -> Checkpoint {
    if let listing = try directory(at: path) { return try open(listing, options: options) }
    let file = try openFile(path)
    if try isIndex(file) { return try openIndex(file, options: options) }
    var checkpoint = try FormatRegistry.readFile(file, options: options)
    if try DistributedNotes(checkpoint) != nil,
      ShardName(ShardName.lastComponent(of: path))?.rank != nil
    {
      checkpoint.source.notes.append(
        "this is one shard of a distributed checkpoint; give its directory to read whole tensors")
    }
    return checkpoint
  }

  private static func directory(at path: String) throws(FormatError) -> DirectoryListing? {
    do throws(FileError) {
      return try DirectoryListing(path: path)
    } catch {
      throw FormatError(error, file: path)
    }
  }

  private static func openFile(_ path: String) throws(FormatError) -> RandomAccessFile {
    do throws(FileError) {
      return try RandomAccessFile(path: path)
    } catch {
      throw FormatError(error, file: path)
    }
  }

  private static func open(
    _ listing: DirectoryListing, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    let (target, notes) = try CheckpointDirectory(listing: listing).target()
    var checkpoint: Checkpoint
    switch target {
    case .file(let name):
      checkpoint = try FormatRegistry.readFile(
        try openFile(listing.path(of: name)), options: options)
    case .index(let name):
      checkpoint = try openIndex(try openFile(listing.path(of: name)), options: options)
    case .shards(let names):
      let shards = try ShardSet(
        path: listing.path, directory: listing.path(of: ""), names: names, options: options)
      checkpoint = try shards.merged(index: nil)
    }
    checkpoint.source.notes = notes + checkpoint.source.notes
    return checkpoint
  }

  private static func openIndex(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    let index = try ShardIndex(file)
    let shards = try ShardSet(
      path: file.path, directory: ShardName.directory(of: file.path), names: index.shards,
      options: options)
    return try shards.merged(index: index)
  }

  /// Whether the file is named as an index, or is JSON with an index's member.
  private static func isIndex(_ file: RandomAccessFile) throws(FormatError) -> Bool {
    if ShardName(ShardName.lastComponent(of: file.path))?.isIndex == true { return true }
    guard file.path.hasSuffix(".json"), file.byteCount <= ShardIndex.maximumByteCount else {
      return false
    }
    do throws(FileError) {
      return ShardIndex.isIndex(try file.bytes(at: 0, count: file.byteCount))
    } catch {
      throw FormatError(error, file: file.path)
    }
  }
}
