internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// The hidden sibling under which a file is written: it gets its name once, or is removed.
final class PartialFile: Sendable {
  /// Where it is until it gets its name.
  let path: String
  /// Where the file will be.
  let place: FilePlace
  /// Whether a file had that name when this one was begun; it is to be replaced.
  let isReplacement: Bool
  /// The directory, where it may have to be removed again: this file holds it until it is gone itself.
  let directory: OutputDirectory?

  private let overwrites: Bool
  private let userPath: String
  private let isPublished = Atomic(false)
  /// Given back when the file is gone or has its name.
  private let hold: Interruption.Hold

  /// Makes the sibling, and a descriptor that is open for writing it.
  ///
  /// - Throws: `exists`, `cannotReplace`, `noDirectory`, `noSpace`, or `writeFailed`.
  static func create(
    path: String, overwrites: Bool, directory: OutputDirectory?, interruption: Interruption
  ) throws(FileError) -> (file: PartialFile, descriptor: Int32) {
    let place: FilePlace
    let existing: FileStatus?
    do {
      place = try FilePlace(resolving: path)
      existing = try SystemCalls.status(at: place.path)
    } catch {
      throw .writeFailed(file: path, operation: "finding its place", code: error.code)
    }
    if let existing {
      guard existing.isRegular else { throw .cannotReplace(file: path, needsDirectory: false) }
      guard overwrites else { throw .exists(file: path) }
    }
    let hold = try interruption.hold()
    while true {
      let temporaryPath = place.temporaryPath()
      do {
        let descriptor = try open(temporaryPath, replacing: existing)
        let file = PartialFile(
          place: place, isReplacement: existing != nil, overwrites: overwrites,
          directory: directory, userPath: path, path: temporaryPath,
          hold: hold)
        return (file, descriptor)
      } catch {
        if error.code == EEXIST { continue }  // somebody else's
        if error.isNoSpace { throw .noSpace(file: path, needed: 0) }
        if error.code == ENOENT { throw .noDirectory(file: path) }
        throw .writeFailed(file: path, operation: "creating it", code: error.code)
      }
    }
  }

  private init(
    place: FilePlace, isReplacement: Bool, overwrites: Bool, directory: OutputDirectory?,
    userPath: String, path: String, hold: Interruption.Hold
  ) {
    self.path = path
    self.place = place
    self.isReplacement = isReplacement
    self.overwrites = overwrites
    self.directory = directory
    self.userPath = userPath
    self.hold = hold
  }

  deinit {
    if !isPublished.load(ordering: .relaxed) { SystemCalls.unlink(path) }
  }

  /// Gives the file its name.
  ///
  /// - Throws: `exists` if a file of that name has appeared meanwhile and may not be replaced.
  func publish() throws(FileError) {
    do {
      if overwrites {
        try SystemCalls.rename(path, to: place.path)
      } else {
        try SystemCalls.renameWithoutReplacing(path, to: place.path)
      }
    } catch {
      if error.code == EEXIST { throw .exists(file: userPath) }
      throw .writeFailed(file: userPath, operation: "giving it its name", code: error.code)
    }
    isPublished.store(true, ordering: .relaxed)
  }

  /// Opens the sibling with the mode of the file it replaces, or what the umask leaves of 0666.
  private static func open(
    _ path: String, replacing existing: FileStatus?
  ) throws(SystemError) -> Int32 {
    guard let existing else { return try SystemCalls.create(path, mode: 0o666) }
    // Nobody may look into a private file through its successor, not even for a moment.
    let descriptor = try SystemCalls.create(path, mode: 0o600)
    do {
      try SystemCalls.setMode(descriptor, existing.mode)
    } catch {
      SystemCalls.close(descriptor)
      SystemCalls.unlink(path)
      throw error
    }
    return descriptor
  }
}
