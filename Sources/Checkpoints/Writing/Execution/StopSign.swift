internal import Synchronization
internal import TensorStorage

/// Lets all threads stop when one has failed or the user asks.
final class StopSign: Sendable {
  private let interruption: Interruption
  private let isRaised = Atomic(false)
  private let failure = Mutex<FileError?>(nil)

  init(_ interruption: Interruption) { self.interruption = interruption }

  /// Tells the other threads of a failure; the first one counts.
  func raise(_ error: FileError) {
    failure.withLock { if $0 == nil { $0 = error } }
    isRaised.store(true, ordering: .releasing)
  }

  /// Throws `interrupted`, or what another thread has failed with.
  func check() throws(FileError) {
    try interruption.check()
    guard isRaised.load(ordering: .acquiring) else { return }
    throw failure.withLock { $0 } ?? .interrupted
  }
}
