internal import TensorStorage

/// What a path given by the user leads to: the files of one checkpoint.
enum CheckpointLocation {
  /// One file.
  case file(RandomAccessFile)
  /// An index, whose shards are named relative to its directory.
  case index(ShardIndex)
  /// Shards without an index, in a directory.
  case shards([String], in: DirectoryListing)
  /// Several models in a directory, each in one of its own.
  case bundle(BundleManifest, in: String)

  /// Finds the checkpoint that `path` names.
  ///
  /// - Returns: The files, and remarks on what was chosen among several.
  /// - Throws: What keeps a file from being opened, an index from being read, a directory from having one answer.
  static func find(
    _ path: String
  ) throws(FormatError) -> (location: CheckpointLocation, notes: [String]) {
    guard let listing = try directory(at: path) else {
      return (try file(at: path), [])
    }
    if let bundle = try BundleManifest.read(in: listing.path) {
      return (.bundle(bundle, in: listing.path), [])
    }
    let (target, notes) = try target(in: listing)
    switch target {
    case .file(let name): return (.file(try open(listing.path(of: name))), notes)
    case .index(let name):
      return (.index(try ShardIndex(try open(listing.path(of: name)))), notes)
    case .shards(let names): return (.shards(names, in: listing), notes)
    }
  }

  private static func target(
    in listing: DirectoryListing
  ) throws(FormatError) -> (target: CheckpointDirectory.Target, notes: [String]) {
    do throws(FormatError) {
      return try CheckpointDirectory(listing: listing).target()
    } catch {
      guard case .shards(.nothingInside) = error.fault,
        listing.files.contains(BundleManifest.fileName)
      else { throw error }
      throw FormatError(
        file: listing.path(of: BundleManifest.fileName),
        .shards(.invalidBundle("it is no JSON with \"pool\" and \"models\"")))
    }
  }

  /// The paths of the files that hold tensors.
  var paths: [String] {
    switch self {
    case .file(let file): [file.path]
    case .index(let index): index.shards.map { ShardName.directory(of: index.path) + $0 }
    case .shards(let names, let listing): names.map { listing.path(of: $0) }
    case .bundle: []
    }
  }

  /// Whether the path is a directory's.
  static func isDirectory(_ path: String) throws(FormatError) -> Bool {
    do { return try FileSystem.kind(of: path) == .directory } catch {
      throw FormatError(error, file: path)
    }
  }

  private static func directory(at path: String) throws(FormatError) -> DirectoryListing? {
    do throws(FileError) {
      return try DirectoryListing(path: path)
    } catch {
      throw FormatError(error, file: path)
    }
  }

  /// Opens one file.
  static func open(_ path: String) throws(FormatError) -> RandomAccessFile {
    do throws(FileError) {
      return try RandomAccessFile(path: path)
    } catch {
      throw FormatError(error, file: path)
    }
  }

  /// An index where the file is named as one or is JSON with an index's member; else the file itself.
  private static func file(at path: String) throws(FormatError) -> CheckpointLocation {
    let file = try open(path)
    if ShardName(ShardName.lastComponent(of: path))?.isIndex == true {
      return .index(try ShardIndex(file))
    }
    guard path.hasSuffix(".json"), file.byteCount <= ShardIndex.maximumByteCount else {
      return .file(file)
    }
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try file.bytes(at: 0, count: file.byteCount)
    } catch {
      throw FormatError(error, file: path)
    }
    return ShardIndex.isIndex(bytes) ? .index(try ShardIndex(file)) : .file(file)
  }
}
