internal import Synchronization
internal import TensorStorage

/// Runs the same work for many items on several threads.
enum ConcurrentWork {
  /// Calls `body` once for each item and gives back its results in order.
  ///
  /// Items are begun in the order of `order`. After an error no further item is begun; of several errors
  /// the one whose item stands first in `order` is thrown, whatever the number of threads.
  static func map<Result: Sendable, E: Error>(
    order: [Int], threadCount: Int, _ body: @escaping @Sendable (Int) throws(E) -> Result
  ) throws(E) -> [Int: Result] {
    let board = Board<Result, E>()
    Workers.run(min(threadCount, order.count)) { _ in
      while let turn = board.state.withLock({ $0.nextTurn(of: order.count) }) {
        do throws(E) {
          let result = try body(order[turn])
          board.state.withLock { $0.results[order[turn]] = result }
        } catch {
          board.state.withLock { $0.fail(turn, error) }
        }
      }
    }
    let final = board.state.withLock { $0 }
    if let failure = final.failure { throw failure.error }
    return final.results
  }

  /// Where the threads take their turns and leave their results.
  private final class Board<Result: Sendable, E: Error>: Sendable {
    let state = Mutex(State<Result, E>())
  }

  private struct State<Result: Sendable, E: Error>: Sendable {
    var results: [Int: Result] = [:]
    var failure: (turn: Int, error: E)?
    private var begunCount = 0

    mutating func nextTurn(of count: Int) -> Int? {
      guard failure == nil, begunCount < count else { return nil }
      begunCount += 1
      return begunCount - 1
    }

    mutating func fail(_ turn: Int, _ error: E) {
      if let failure, failure.turn < turn { return }
      failure = (turn, error)
    }
  }
}
