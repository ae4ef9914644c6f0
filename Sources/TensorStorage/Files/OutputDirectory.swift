#if canImport(Glibc)
internal import Glibc
#endif

/// Directories for output: made, with those above them, where they are missing.
///
/// What it made and finds empty in the end it removes again. Files that are being written hold it, so
/// that a run that fails leaves nothing behind.
public final class OutputDirectory: Sendable {
  /// The directories that were made, each behind those that it is in.
  private let made: [String]
  /// Given back when the directories are gone or in use; nil where none was made.
  private let hold: Interruption.Hold?

  /// Finds or makes a directory.
  ///
  /// - Throws: `writeFailed` if it cannot be made, or if a file has its name; `interrupted`.
  public convenience init(
    path: String, interruption: Interruption = .ofProcess
  ) throws(FileError) {
    try self.init(paths: [path], interruption: interruption)
  }

  /// Finds or makes several directories.
  ///
  /// - Throws: `writeFailed` if one cannot be made, or if a file has its name, or `interrupted`; then none
  ///   is left.
  public init(
    paths: [String], interruption: Interruption = .ofProcess
  ) throws(FileError) {
    var isComplete = true
    for path in paths where try Self.isMissing(path) { isComplete = false }
    hold = isComplete ? nil : try interruption.hold()
    var made: [String] = []
    do throws(FileError) {
      for path in paths { try Self.make(path, &made) }
    } catch {
      for place in made.reversed() { SystemCalls.removeDirectory(place) }
      throw error
    }
    self.made = made
  }

  private static func make(_ path: String, _ made: inout [String]) throws(FileError) {
    var missing: [String] = []
    var place = path
    while try isMissing(place) {
      missing.append(place)
      place = FilePlace.directory(of: place)
    }
    for place in missing.reversed() {
      do {
        try SystemCalls.makeDirectory(place)
        made.append(place)
      } catch {
        if error.code == EEXIST { continue }  // another process was faster
        throw .writeFailed(file: place, operation: "making the directory", code: error.code)
      }
    }
  }

  deinit {
    for place in made.reversed() { SystemCalls.removeDirectory(place) }
  }

  /// Puts the directories that were made on the disk: each is an entry of the one above it.
  func sync() {
    for place in made { FilePlace.syncDirectory(FilePlace.directory(of: place)) }
  }

  private static func isMissing(_ path: String) throws(FileError) -> Bool {
    do {
      guard let status = try SystemCalls.status(at: path) else { return true }
      if status.isDirectory { return false }
    } catch {
      throw .cannotOpen(file: path, code: error.code)
    }
    throw .writeFailed(file: path, operation: "making the directory", code: ENOTDIR)
  }
}
