/// The release.
enum Version {
  /// As `--version` prints it.
  static let text = "ligature 0.1.0"
}
