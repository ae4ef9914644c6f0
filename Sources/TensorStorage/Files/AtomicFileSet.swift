/// Files that appear together, the last of them last: the shards of a checkpoint, then their index.
///
/// Each file is synced as it is added, and given its name when all are there. A set that is dropped
/// before that removes what it holds.
public struct AtomicFileSet: ~Copyable {
  private let interruption: Interruption
  private var files: [PartialFile] = []

  /// A set without files.
  public init(interruption: Interruption = .ofProcess) { self.interruption = interruption }

  /// Takes a file whose bytes have all been written, and syncs it.
  public mutating func add(_ file: consuming AtomicFile) throws(FileError) {
    files.append(try file.staged())
  }

  /// Gives every file its name, in the order in which they were added, and syncs their directories.
  ///
  /// Where the last file of several replaces another, the old one goes first: whoever is stopped by a
  /// crash half-way finds no index rather than an old one over new shards. If a name was taken
  /// meanwhile, the files that were new are removed again.
  ///
  /// - Throws: `exists`, `writeFailed`, or `interrupted`.
  public consuming func publish() throws(FileError) {
    try interruption.check()
    if files.count > 1, let index = files.last, index.isReplacement {
      SystemCalls.unlink(index.place.path)
    }
    var published: [PartialFile] = []
    do throws(FileError) {
      for file in files {
        try file.publish()
        published.append(file)
      }
    } catch {
      for file in published where !file.isReplacement { SystemCalls.unlink(file.place.path) }
      throw error
    }
    for directory in Set(files.map(\.place.directory)) { FilePlace.syncDirectory(directory) }
    for file in files { file.directory?.sync() }
  }
}
