/// What is in a directory: its files and its directories, by name.
public struct DirectoryListing: Sendable {
  /// The path as it was given.
  public let path: String
  /// Names of regular files, links to them included, sorted by their bytes.
  public private(set) var files: [String] = []
  /// Names of directories, sorted.
  public private(set) var directories: [String] = []

  /// Lists the directory at `path`; nil if that is something else.
  ///
  /// - Throws: `cannotOpen` if there is nothing, or it may not be read.
  public init?(path: String) throws(FileError) {
    self.path = path
    do throws(SystemError) {
      guard let status = try SystemCalls.status(at: path) else {
        throw SystemError.notFound
      }
      guard status.isDirectory else { return nil }
      for name in try SystemCalls.names(in: path) {
        // A name whose file is gone, or whose link points nowhere, is not listed.
        guard let status = try? SystemCalls.status(at: path + "/" + name) else { continue }
        if status.isRegular { files.append(name) }
        if status.isDirectory { directories.append(name) }
      }
    } catch {
      throw .cannotOpen(file: path, code: error.code)
    }
    files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    directories.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The path of `name` in the directory.
  public func path(of name: String) -> String {
    path.hasSuffix("/") ? path + name : path + "/" + name
  }
}
