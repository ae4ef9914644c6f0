#if canImport(Glibc)
internal import Glibc
#endif

/// The environment's variables.
enum Environment {
  /// The value of the variable `name`; nil where it is not set.
  static subscript(name: String) -> String? {
    // SAFETY: the text is copied before anything can change the environment.
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
