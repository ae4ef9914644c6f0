internal import Foundation
internal import Glibc

/// A directory of a test's own, removed with all that is in it when the test lets go of it.
public final class TemporaryDirectory: Sendable {
  /// Its path.
  public let path: String

  /// Makes an empty directory.
  public init() throws {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "ligature-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in it.
  public func path(_ name: String) -> String { path + "/" + name }

  /// The names of what is in it, hidden files too, sorted.
  public func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  /// Writes a file into it; the path.
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String) throws -> String {
    let descriptor = unsafe open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
    defer { close(descriptor) }
    var rest = bytes[...]
    // Foundation would wait for the disk after each file.
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else { throw CocoaError(.fileWriteUnknown) }
      rest = rest.dropFirst(count)
    }
    return path(name)
  }

  /// The bytes of a file in it.
  public func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(name))))
  }
}
