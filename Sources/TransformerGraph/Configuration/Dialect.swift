/// The release of x-transformers whose meaning the weights have.
///
/// The same keys mean different functions in different releases, silently; every formula that differs asks
/// the dialect. The changes were found by running the releases.
public struct Dialect: Hashable, Sendable {
  /// Major, minor and patch.
  public let major: Int, minor: Int, patch: Int

  /// The release `major.minor.patch`.
  public init(_ major: Int, _ minor: Int, _ patch: Int) {
    (self.major, self.minor, self.patch) = (major, minor, patch)
  }

  /// The newest release that was compared with.
  public static let newest = Dialect(2, 31, 10)

  /// Reads a version such as `2.31.10`; a missing part is 0.
  public init(version text: String) throws(GraphError) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...3).contains(parts.count), !parts.contains(where: { $0 == nil || $0 ?? 0 < 0 }) else {
      throw .unknownVersion(text: text)
    }
    let numbers = parts.compactMap { $0 } + [0, 0]
    self.init(numbers[0], numbers[1], numbers[2])
  }
}

extension Dialect {
  /// What is to be told of a release that none was compared with.
  var hints: [String] {
    self > .newest
      ? ["x_transformers \(self) is newer than \(Dialect.newest), whose rules are taken for it"]
      : []
  }
}

extension Dialect: Comparable, CustomStringConvertible {
  /// Whether `a` was released before `b`.
  public static func < (a: Dialect, b: Dialect) -> Bool {
    (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
  }

  /// The version as text.
  public var description: String { "\(major).\(minor).\(patch)" }
}
