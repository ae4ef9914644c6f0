#if canImport(Glibc)
internal import Glibc
#endif

/// A directory for output: made, with those above it, where it is missing.
///
/// What it made and finds empty in the end it removes again. Files that are being written hold it, so
/// that a run that fails leaves nothing behind.
public final class OutputDirectory: Sendable {
  /// The path as it was given.
  public let path: String

  /// The directories that were made, outermost first.
  private let made: [String]
  /// Given back when the directories are gone or in use; nil where none was made.
  private let hold: Interruption.Hold?

  /// Finds or makes the directory.
  ///
  /// - Throws: `writeFailed` if it cannot be made, or if a file has its name; `interrupted`.
  public init(path: String, interruption: Interruption = .ofProcess) throws(FileError) {
    self.path = path
    var missing: [String] = []
    var place = path
    while try Self.isMissing(place) {
      missing.append(place)
      place = FilePlace.directory(of: place)
    }
    hold = missing.isEmpty ? nil : try interruption.hold()
    var made: [String] = []
    for place in missing.reversed() {
      do {
        try SystemCalls.makeDirectory(place)
        made.append(place)
      } catch {
        if error.code == EEXIST { continue }  // another process was faster
        for place in made.reversed() { SystemCalls.removeDirectory(place) }
        throw .writeFailed(file: place, operation: "making the directory", code: error.code)
      }
    }
    self.made = made
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
