internal import TensorStorage

/// How work on a checkpoint's tensors is spread and bounded.
package struct WorkLimits: Sendable {
  /// How many threads read and compute.
  package var threadCount: Int
  /// The most bytes of tiles that all threads hold together.
  package var memoryByteCount: Int

  /// Tiles beyond this are no faster.
  private static let largestTileByteCount = 4 << 20
  /// Tiles below this cost more in system calls than they save; a multiple of every element's size.
  private static let smallestTileByteCount = 64 << 10

  /// Limits; nil for a thread on each processor.
  package init(threadCount: Int?, memoryByteCount: Int) {
    self.threadCount = max(1, threadCount ?? Workers.processorCount)
    self.memoryByteCount = memoryByteCount
  }

  /// Bytes for each of `tilesPerThread` tiles on every thread, a multiple of 64 KiB.
  package func tileByteCount(tilesPerThread: Int) -> Int {
    let share = memoryByteCount / (threadCount * tilesPerThread)
    let tile = min(Self.largestTileByteCount, share) & ~(Self.smallestTileByteCount - 1)
    return max(Self.smallestTileByteCount, tile)
  }
}
