internal import TensorStorage

/// The place of the output files on the disk, and what is there already.
struct OutputPlace {
  /// The files that are to be written.
  let paths: [String]
  /// Where they go together; nil for files that nothing else could be taken for.
  var destination: Destination?
  /// The files that are read.
  let sources: [String]

  /// Refuses files that are taken.
  func check(overwrites: Bool) throws(FormatError) {
    _ = try filesInTheWay(overwrites: overwrites)
  }

  /// Refuses a place that is taken.
  ///
  /// - Returns: Files that a reader would take for parts of the output, and that may be removed.
  func filesInTheWay(overwrites: Bool) throws(FormatError) -> [String] {
    do {
      let sources = identities
      for path in paths { try check(path, sources: sources, overwrites: overwrites) }
      let siblings = try siblings()
      for path in siblings { try check(path, sources: sources, overwrites: overwrites) }
      return siblings
    } catch {
      throw FormatError(error, file: paths.first ?? "")
    }
  }

  private var identities: Set<FileIdentity> {
    Set(
      sources.compactMap { path in
        guard let kind = try? FileSystem.kind(of: path), case .file(let identity) = kind else {
          return nil
        }
        return identity
      })
  }

  private func check(
    _ path: String, sources: Set<FileIdentity>, overwrites: Bool
  ) throws(FileError) {
    switch try FileSystem.kind(of: path) {
    case .missing: break
    case .file(let identity):
      if sources.contains(identity) { throw .isSource(file: path) }
      guard overwrites else { throw .exists(file: path) }
    case .directory, .other: throw .notARegularFile(file: path)
    }
  }

  /// Parts of another checkpoint in the directory: shards that the new index does not name, say.
  private func siblings() throws(FileError) -> [String] {
    guard let destination, let directory = destination.directory,
      try FileSystem.kind(of: directory) == .directory
    else { return [] }
    let prefix = directory.utf8.last == UInt8(ascii: "/") ? directory : directory + "/"
    return try FileSystem.names(in: directory).filter(destination.isSibling).map { prefix + $0 }
      .filter { !paths.contains($0) }
  }
}
