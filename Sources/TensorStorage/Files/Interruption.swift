internal import Synchronization

/// A wish to stop, made by a signal handler or another thread and heeded between pieces of work.
///
/// Work that writes files asks before each piece and throws `FileError.interrupted`; what it has not
/// committed is removed as the error passes.
public final class Interruption: Sendable {
  /// The one that a signal handler of the process would use, and the default everywhere.
  public static let ofProcess = Interruption()

  private let flag = Atomic(false)
  private let heldCount = Atomic(0)

  /// A wish that has not been made.
  public init() {}

  /// Makes the wish.
  ///
  /// Safe in a signal handler once the object exists.
  public func request() { flag.store(true, ordering: .sequentiallyConsistent) }

  /// Whether something is there that has to be removed before the process may end.
  ///
  /// Safe in a signal handler once the object exists.
  public var isHeld: Bool { heldCount.load(ordering: .sequentiallyConsistent) > 0 }

  /// Whether the wish has been made.
  public var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Throws `interrupted` if the wish has been made.
  public func check() throws(FileError) {
    if isRequested { throw .interrupted }
  }
}

extension Interruption {
  /// Keeps the process from ending at once, for as long as it lives: something has to be removed first.
  final class Hold: Sendable {
    private let interruption: Interruption

    fileprivate init(_ interruption: Interruption) {
      interruption.heldCount.add(1, ordering: .sequentiallyConsistent)
      self.interruption = interruption
    }

    deinit { interruption.heldCount.subtract(1, ordering: .sequentiallyConsistent) }
  }

  /// Begins to hold, before the thing is made that has to be removed.
  ///
  /// - Throws: `interrupted` if the wish has been made: whoever made it may have seen nothing to wait for.
  func hold() throws(FileError) -> Hold {
    let hold = Hold(self)
    if flag.load(ordering: .sequentiallyConsistent) { throw .interrupted }
    return hold
  }
}
