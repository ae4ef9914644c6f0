#if canImport(Glibc)
internal import Glibc
#endif

/// Where a file is or will be, once symbolic links are followed: a directory and a name in it.
struct FilePlace: Hashable {
  /// As many links as the system itself follows before it says `ELOOP`.
  private static let linkLimit = 40
  /// The longest name that Linux file systems take, in bytes.
  private static let nameByteLimit = 255

  /// The directory; `.` for a name without one.
  let directory: String
  /// The name in it.
  let name: String

  /// The place of that name in a directory.
  init(directory: String, name: String) {
    (self.directory, self.name) = (directory, name)
  }

  /// The path to the place.
  var path: String { directory == "." ? name : Self.join(directory, name) }

  /// The place that `path` names, whether a file is there or not.
  ///
  /// Only links in the last component need following: the system follows those before it.
  init(resolving path: String) throws(SystemError) {
    var place = path
    for _ in 0..<Self.linkLimit {
      guard let target = SystemCalls.linkTarget(place) else {
        directory = Self.directory(of: place)
        name = Self.name(of: place)
        return
      }
      place =
        target.utf8.first == UInt8(ascii: "/")
        ? target : Self.join(Self.directory(of: place), target)
    }
    throw SystemError(code: ELOOP)
  }

  /// A name for a sibling that nobody else has chosen: hidden, and telling whose it is.
  func temporaryPath() -> String {
    let suffix = ".partial-" + String(UInt64.random(in: 1 << 60...UInt64.max), radix: 36)
    // A long name is cut at a character, so that the whole still is a name.
    var stem = name
    while stem.utf8.count + suffix.utf8.count + 1 > Self.nameByteLimit { stem.removeLast() }
    return Self.join(directory, "." + stem + suffix)
  }

  /// Puts the directory's entries on the disk, as far as the file system lets us.
  ///
  /// A directory that may be written but not read cannot be opened for it: that is no failure of ours.
  static func syncDirectory(_ path: String) {
    guard let descriptor = try? SystemCalls.openDirectory(path) else { return }
    try? SystemCalls.sync(descriptor)
    SystemCalls.close(descriptor)
  }

  /// What stands before the last component: `.` if nothing does.
  static func directory(of path: String) -> String {
    var bytes = withoutTrailingSlashes(path)
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    bytes = withoutTrailingSlashes(String(decoding: bytes[...slash], as: UTF8.self))
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The last component.
  static func name(of path: String) -> String {
    let bytes = withoutTrailingSlashes(path)
    let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    return String(decoding: bytes[start...], as: UTF8.self)
  }

  private static func join(_ directory: String, _ name: String) -> String {
    directory.utf8.last == UInt8(ascii: "/") ? directory + name : directory + "/" + name
  }

  private static func withoutTrailingSlashes(_ path: String) -> ArraySlice<UInt8> {
    var bytes = ArraySlice(path.utf8)
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    return bytes
  }
}
