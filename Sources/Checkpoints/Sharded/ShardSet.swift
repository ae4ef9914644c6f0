internal import TensorStorage

#if canImport(Glibc)
internal import Glibc
#endif

/// The shards of one checkpoint, opened.
struct ShardSet {
  /// Threads that open shards: more than processors, since most of the time goes into waiting for the disk.
  private static let threadCount = 8

  /// The index, or the directory where there is none: for messages.
  let path: String
  /// The shards' names, as the index or the directory has them.
  let names: [String]
  /// Each shard's tensors.
  let checkpoints: [Checkpoint]

  /// Opens the shards of the given names at `paths`, on several threads.
  ///
  /// - Throws: The names of all shards that are not there; else the first fault in the order of names.
  init(
    path: String, names: [String], paths: [String], options: ReadOptions
  ) throws(FormatError) {
    self.path = path
    self.names = names
    let results = Self.openAll(paths, options: options)
    let missing = zip(names, results).filter { Self.isMissing($0.1) }.map(\.0)
    guard missing.isEmpty else {
      throw FormatError(
        file: path, .shards(.missingShards(Array(missing.prefix(5)), count: missing.count)))
    }
    var checkpoints: [Checkpoint] = []
    for result in results { checkpoints.append(try result.get()) }
    self.checkpoints = checkpoints
  }

  private typealias Opened = Result<Checkpoint, FormatError>

  private static func isMissing(_ result: Opened) -> Bool {
    guard case .failure(let error) = result, case .file(.cannotOpen(_, let code)) = error.fault
    else { return false }
    return code == ENOENT
  }

  private static func openAll(_ paths: [String], options: ReadOptions) -> [Opened] {
    let opened = ConcurrentWork.map(order: Array(paths.indices), threadCount: threadCount) {
      position throws(Never) in
      open(paths[position], options: options)
    }
    return paths.indices.compactMap { opened[$0] }
  }

  private static func open(_ path: String, options: ReadOptions) -> Opened {
    do throws(FormatError) {
      let file = try CheckpointLocation.open(path)
      return .success(try FormatRegistry.readFile(file, options: options))
    } catch {
      return .failure(error)
    }
  }
}
