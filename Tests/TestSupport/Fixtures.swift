public import Checkpoints
internal import Foundation
internal import TensorStorage

/// The files under `fixtures/`, and what the real libraries say is in them.
public enum Fixtures {
  /// The path of a file or folder under `fixtures/`.
  public static func path(_ name: String) -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appending(path: "fixtures/\(name)").path
  }

  /// The bytes of a file under `fixtures/`.
  public static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(name))))
  }

  /// The entries of a folder's manifest; none, and a failing test, if it cannot be read.
  public static func manifest(_ folder: String) -> [Fixture] {
    guard let data = FileManager.default.contents(atPath: path("\(folder)/manifest.json")),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: data)
    else { return [] }
    return manifest.files
  }

  private struct Manifest: Decodable { var files: [Fixture] }
}

/// A file or directory and its tensors, as a manifest lists them.
public struct Fixture: Decodable, Sendable, CustomStringConvertible {
  /// Relative to the manifest.
  public var file: String
  /// The format's identifier.
  public var format: String?
  /// Its tensors; nil where the manifest does not say.
  public var tensors: [Tensor]?
  /// Where the state dict is that is taken by default; empty for the root.
  public var select: String?
  /// Other right answers to where the state dict is.
  public var selectAny: [String]?
  /// What there is beside the state dict; nil where it is nothing.
  public var all: Listing?
  /// Names that are one and the same view.
  public var aliases: [[String]]?
  /// Names whose storages are the same.
  public var sharedStorage: [[String]]?
  /// Names whose values safetensors cannot hold.
  public var unsupported: [String]?
  /// Names that may be absent.
  public var optional: [String]?
  /// Names that may be there too.
  public var mayAdd: [String]?
  /// `content` where names are the reader's choice, `none` where values are not checked.
  public var match: String?
  /// Arguments of `convert` for which `tensors` holds.
  public var convertWith: [String]?
  /// The exit codes that a conversion may have.
  public var exit: [Int]?
  /// The code of the error, where the real library has a name for it.
  public var error: String?
  /// What it is about.
  public var notes: String?
  /// What is wrong with it, of a malformed file.
  public var what: String?

  /// A tensor as the real library reads it.
  public struct Tensor: Decodable, Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The safetensors name of its dtype.
    public var dtype: String
    /// Its extents.
    public var shape: [Int]
    /// The digest of its packed little-endian bytes.
    public var sha256: String
  }

  /// The tensors of a selection.
  public struct Listing: Decodable, Sendable {
    /// Its tensors.
    public var tensors: [Tensor]
  }

  /// The file and what it is about, for a test's report.
  public var description: String { "\(file): \(notes ?? what ?? "")" }
}

extension Checkpoint {
  /// What a manifest would say of the tensors, in their order; reads all their bytes.
  public func described() throws -> [Fixture.Tensor] {
    try entries.map { entry in
      Fixture.Tensor(
        name: entry.name.text, dtype: entry.tensor.dtype.name, shape: entry.tensor.shape,
        sha256: sha256(try entry.tensor.read()))
    }
  }
}
