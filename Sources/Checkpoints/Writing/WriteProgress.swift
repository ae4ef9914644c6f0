internal import Synchronization

/// How far the writing is.
public struct WriteProgress: Sendable {
  /// Bytes of output that are done.
  public var doneByteCount: Int
  /// Bytes of output there will be.
  public var totalByteCount: Int
  /// Files of which every byte is done.
  public var doneFileCount: Int
  /// Files there will be.
  public var fileCount: Int
}

/// A wish to stop, which may be made from any thread or from a signal handler.
public final class Cancellation: Sendable {
  private let flag = Atomic(false)

  /// No wish yet.
  public init() {}

  /// Asks for the work to stop soon; it then throws `FileError.interrupted` and leaves nothing behind.
  public func cancel() { flag.store(true, ordering: .relaxed) }

  /// Whether stopping was asked for.
  public var isCancelled: Bool { flag.load(ordering: .relaxed) }
}
