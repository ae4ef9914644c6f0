internal import Synchronization

/// A wish to stop, made by a signal handler or another thread and heeded between pieces of work.
///
/// Work that writes files asks before each piece and throws `FileError.interrupted`; what it has not
/// committed is removed as the error passes.
public final class Interruption: Sendable {
  /// The one that a signal handler of the process would use, and the default everywhere.
  public static let ofProcess = Interruption()

  private let flag = Atomic(false)

  /// A wish that has not been made.
  public init() {}

  /// Makes the wish.
  ///
  /// Safe in a signal handler once the object exists.
  public func request() { flag.store(true, ordering: .relaxed) }

  /// Whether the wish has been made.
  public var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Throws `interrupted` if the wish has been made.
  public func check() throws(FileError) {
    if isRequested { throw .interrupted }
  }
}
