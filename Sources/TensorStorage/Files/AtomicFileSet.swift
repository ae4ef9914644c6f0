/// Files that appear together, the last of them last: the shards of a checkpoint, then their index.
///
/// Each file is synced as it is added, and given its name when all are there. A set that is dropped
/// before that removes what it holds.
public struct AtomicFileSet: ~Copyable {
  private let interruption: Interruption
  private var members: [Member] = []

  private enum Member {
    case file(PartialFile)
    case link(PendingLink)

    var place: FilePlace {
      switch self {
      case .file(let file): file.place
      case .link(let link): link.place
      }
    }

    var isReplacement: Bool {
      switch self {
      case .file(let file): file.isReplacement
      case .link(let link): link.isReplacement
      }
    }

    func publish() throws(FileError) {
      switch self {
      case .file(let file): try file.publish()
      case .link(let link): try link.publish()
      }
    }
  }

  /// A set without files.
  public init(interruption: Interruption = .ofProcess) { self.interruption = interruption }

  /// Takes a file whose bytes have all been written, and syncs it.
  public mutating func add(_ file: consuming AtomicFile) throws(FileError) {
    members.append(.file(try file.staged()))
  }

  /// Takes a link, which is made when the files that were added before it have their names.
  ///
  /// - Throws: `exists` if its name is taken and may not be.
  public mutating func add(
    _ link: FileLink, at path: String, overwrites: Bool
  ) throws(FileError) {
    members.append(.link(try PendingLink(link, at: path, overwrites: overwrites)))
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
    if members.count > 1, let index = members.last, index.isReplacement {
      SystemCalls.unlink(index.place.path)
    }
    var published: [Member] = []
    do throws(FileError) {
      for member in members {
        try member.publish()
        published.append(member)
      }
    } catch {
      for member in published where !member.isReplacement { SystemCalls.unlink(member.place.path) }
      throw error
    }
    for directory in Set(members.map(\.place.directory)) { FilePlace.syncDirectory(directory) }
    for case .file(let file) in members { file.directory?.sync() }
  }
}
