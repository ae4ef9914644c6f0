#if canImport(Glibc)
internal import Glibc
#endif

/// A further name for a file: what an output consists of where its bytes stand elsewhere already.
public struct FileLink: Hashable, Sendable {
  /// The kinds of links.
  public enum Kind: Sendable {
    /// The same file under a second name.
    case hard
    /// A name that leads to another name.
    case symbolic
  }

  /// Which kind.
  public var kind: Kind
  /// The other name: of a hard link, a path; of a symbolic one, the text of the link, which is relative to
  /// the link's directory.
  public var target: String

  /// A link to `target`.
  public init(_ kind: Kind, to target: String) {
    self.kind = kind
    self.target = target
  }
}

/// A link that is made when the files before it have their names.
final class PendingLink: Sendable {
  private let link: FileLink
  private let path: String
  private let overwrites: Bool

  /// Where it will be; a link that is there is replaced itself, not what it leads to.
  var place: FilePlace {
    FilePlace(directory: FilePlace.directory(of: path), name: FilePlace.name(of: path))
  }

  /// Whether something had that name when the link was planned.
  let isReplacement: Bool

  init(_ link: FileLink, at path: String, overwrites: Bool) throws(FileError) {
    self.link = link
    self.path = path
    self.overwrites = overwrites
    do {
      isReplacement = try SystemCalls.status(at: path) != nil
    } catch {
      throw .writeFailed(file: path, operation: "finding its place", code: error.code)
    }
    if isReplacement, !overwrites { throw .exists(file: path) }
  }

  /// Makes the link.
  ///
  /// - Throws: `exists` if the name was taken meanwhile, or `writeFailed` where the file system has no such
  ///   links.
  func publish() throws(FileError) {
    let temporaryPath = place.temporaryPath()
    do {
      switch link.kind {
      case .hard: try SystemCalls.link(link.target, as: temporaryPath)
      case .symbolic: try SystemCalls.makeSymbolicLink(temporaryPath, to: link.target)
      }
      // Moving one name of a file over another one of it does nothing: what is left is removed.
      defer { SystemCalls.unlink(temporaryPath) }
      if overwrites {
        try SystemCalls.rename(temporaryPath, to: place.path)
      } else {
        try SystemCalls.renameWithoutReplacing(temporaryPath, to: place.path)
      }
    } catch {
      if error.code == EEXIST { throw .exists(file: path) }
      throw .writeFailed(file: path, operation: "linking it", code: error.code)
    }
  }
}
