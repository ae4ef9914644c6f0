internal import Dispatch
internal import Synchronization

/// The threads that work on one pass together.
///
/// Parts are small and taken in turn, so that a thread that was held up (by the disk, or by another program)
/// holds up nobody else. OpenBLAS is given one thread and called from each of these.
struct Team: Sendable {
  /// How many threads, the caller's among them.
  let threadCount: Int

  /// Memory of one thread for the parts that it takes one after the other.
  struct Scratch {
    /// Weights that were read or converted.
    var weights: [Float] = []
    /// What is computed on the way.
    var values: [Float] = []
  }

  /// Calls `body` once with each number below `partCount`.
  ///
  /// - Throws: The error of the first part, in their order, that threw; no part begins after one has.
  func run<Failure: Error>(
    _ partCount: Int, _ body: @Sendable (Int, inout Scratch) throws(Failure) -> Void
  ) throws(Failure) {
    let board = Board<Failure>()
    let count = min(threadCount, partCount)
    if count <= 1 {
      board.work(on: partCount, body)
    } else {
      DispatchQueue.concurrentPerform(iterations: count) { _ in board.work(on: partCount, body) }
    }
    if let error = board.error { throw error }
  }
}

/// Where the threads take their parts and leave the first error.
private final class Board<Failure: Error>: Sendable {
  private let begunCount = Atomic(0)
  private let failure = Mutex<(part: Int, error: Failure)?>(nil)

  var error: Failure? { failure.withLock { $0?.error } }

  /// Takes parts until there are none.
  func work(
    on partCount: Int, _ body: @Sendable (Int, inout Team.Scratch) throws(Failure) -> Void
  ) {
    var scratch = Team.Scratch()
    while let part = nextPart(of: partCount) {
      do throws(Failure) { try body(part, &scratch) } catch { fail(part, error) }
    }
  }

  private func nextPart(of count: Int) -> Int? {
    let part = begunCount.wrappingAdd(1, ordering: .relaxed).oldValue
    return part < count ? part : nil
  }

  private func fail(_ part: Int, _ error: Failure) {
    failure.withLock { failure in
      if let failure, failure.part < part { return }
      failure = (part, error)
    }
    // Nothing is left to take.
    begunCount.store(.max / 2, ordering: .relaxed)
  }
}
