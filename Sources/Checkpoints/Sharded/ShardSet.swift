internal import Synchronization
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

  /// Opens the shards of the given names, on several threads.
  ///
  /// - Throws: The names of all shards that are not there; else the first fault in the order of names.
  init(
    path: String, directory: String, names: [String], options: ReadOptions
  ) throws(FormatError) {
    self.path = path
    self.names = names
    let results = Self.openAll(names.map { directory + $0 }, options: options)
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
    let queue = ShardQueue(count: paths.count)
    let body: @Sendable (Int) throws(Never) -> Void = { _ in
      while let position = queue.next() {
        queue.put(open(paths[position], options: options), at: position)
      }
    }
    Workers.run(min(threadCount, paths.count), body)
    return queue.results
  }

  private static func open(_ path: String, options: ReadOptions) -> Opened {
    do throws(FormatError) {
      let file: RandomAccessFile
      do throws(FileError) {
        file = try RandomAccessFile(path: path)
      } catch {
        throw FormatError(error, file: path)
      }
      return .success(try FormatRegistry.readFile(file, options: options))
    } catch {
      return .failure(error)
    }
  }
}

/// The shards that are still to be opened, and what became of the others.
private final class ShardQueue: Sendable {
  private struct State {
    var next = 0
    var results: [Int: Result<Checkpoint, FormatError>] = [:]
  }

  private let count: Int
  private let state = Mutex(State())

  init(count: Int) { self.count = count }

  /// The next shard to open; nil if all are taken.
  func next() -> Int? {
    state.withLock { state in
      guard state.next < count else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func put(_ result: Result<Checkpoint, FormatError>, at position: Int) {
    state.withLock { $0.results[position] = result }
  }

  /// In the order of the shards.
  var results: [Result<Checkpoint, FormatError>] {
    state.withLock { state in (0..<count).compactMap { state.results[$0] } }
  }
}
