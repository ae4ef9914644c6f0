internal import Foundation
public import Testing

/// A file system of a fixed small size, for tests of what happens when a disk is full.
///
/// Only root may mount one; elsewhere there is none, and tests are skipped.
public final class SmallDisk: Sendable {
  /// The kinds that can be mounted without files of their own, or in a file.
  public enum Kind: String, CaseIterable, Sendable {
    /// In memory; promises room when asked.
    case tmpfs
    /// In a file; cannot promise room, so that a disk is found full only when it is written.
    case ext2
    /// In a sparse file; files can share blocks.
    case btrfs, xfs

    /// The smallest that can be made.
    fileprivate var leastKibibytes: Int {
      switch self {
      case .tmpfs, .ext2: 512
      case .btrfs: 128 << 10
      case .xfs: 300 << 10
      }
    }
  }

  /// The kinds that can be mounted here: none without root, and some systems have no loop devices.
  public static let available = Kind.allCases.filter { SmallDisk($0) != nil }
  /// What to say where there are none.
  public static let reason: Comment = "mounting a small disk needs root"

  private let parent: TemporaryDirectory
  /// Where it is mounted.
  public let path: String

  /// Mounts an empty disk, the smallest of its kind by default; nil if the system does not let us.
  public init?(_ kind: Kind, kibibytes: Int? = nil) {
    let kibibytes = kibibytes ?? kind.leastKibibytes
    guard let parent = try? TemporaryDirectory() else { return nil }
    self.parent = parent
    path = parent.path("disk")
    guard Self.run("mkdir", path) else { return nil }
    switch kind {
    case .tmpfs:
      guard Self.run("mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "ligature", path) else {
        return nil
      }
    case .ext2, .btrfs, .xfs:
      let image = parent.path("image")
      guard Self.run("truncate", "-s", "\(kibibytes)K", image),
        Self.run("mkfs.\(kind.rawValue)", "-q", image),
        Self.run("mount", "-o", "loop", image, path)
      else { return nil }
      _ = Self.run("rmdir", path + "/lost+found")
    }
  }

  deinit { _ = Self.run("umount", path) }

  /// The names of what is on it, hidden files too.
  public func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  private static func run(_ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
