internal import TensorStorage

extension FileIdentity {
  /// That of the file at a path; nil if there is none.
  static func of(_ path: String) -> FileIdentity? {
    guard let kind = try? FileSystem.kind(of: path), case .file(let identity) = kind else {
      return nil
    }
    return identity
  }
}
