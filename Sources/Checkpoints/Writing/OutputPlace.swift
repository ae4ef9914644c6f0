internal import TensorStorage

/// The place of the output files on the disk, and what is there already.
package struct OutputPlace {
  /// The files that are to be written.
  let paths: [String]
  /// Where they go together; nil for files that nothing else could be taken for.
  var destination: Destination?
  /// The files that are read.
  let sources: [String]

  /// The place of files that go to `paths`, while `sources` are read.
  package init(paths: [String], sources: [String]) {
    (self.paths, self.sources) = (paths, sources)
  }

  /// The place of files that go to `destination` together.
  init(paths: [String], destination: Destination, sources: [String]) {
    self.init(paths: paths, sources: sources)
    self.destination = destination
  }

  /// Refuses files that are taken.
  package func check(overwrites: Bool) throws(FormatError) {
    _ = try filesInTheWay(overwrites: overwrites)
  }

  /// Refuses a place that is taken.
  ///
  /// - Returns: Files that a reader would take for parts of the output, and that may be removed.
  func filesInTheWay(overwrites: Bool) throws(FormatError) -> [String] {
    do {
      let siblings = try siblings()
      // What is never possible is told before what --force makes possible.
      let sources = identities
      for path in paths + siblings { try refuse(path, ifOneOf: sources) }
      for path in paths + siblings { try refuse(path, ifThere: !overwrites) }
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

  private func refuse(_ path: String, ifOneOf sources: Set<FileIdentity>) throws(FileError) {
    if case .file(let identity) = try FileSystem.kind(of: path), sources.contains(identity) {
      throw .isSource(file: path)
    }
  }

  private func refuse(_ path: String, ifThere isRefused: Bool) throws(FileError) {
    switch try FileSystem.kind(of: path) {
    case .missing: break
    case .file: if isRefused { throw .exists(file: path) }
    case .directory, .other: throw .cannotReplace(file: path, needsDirectory: false)
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
