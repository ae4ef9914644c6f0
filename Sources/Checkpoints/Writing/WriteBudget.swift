internal import TensorStorage

/// How the memory that writing may hold is divided.
///
/// Each thread has a buffer for the bytes on their way, room for a cast's input, and, where views must be
/// gathered, room for the part of a storage that they look into.
struct WriteBudget: Sendable {
  /// How many threads work.
  let threadCount: Int
  /// Bytes of each thread's buffer, and so of the largest piece of work.
  let pieceByteCount: Int
  /// Bytes of a storage that each thread may hold for a view; 0 if no view has to be gathered.
  let heldByteCount: Int

  /// Large enough that a disk is busy with one, small enough for many threads.
  private static let largestPieceByteCount = 8 << 20
  /// Smaller pieces than this spend their time in system calls.
  private static let smallestPieceByteCount = 64 << 10
  /// What a reader holds for a cast: a tile of the widest stored dtype.
  private static let castByteCount = 512 << 10

  /// Divides `byteCount` among up to `threadCount` threads.
  ///
  /// `largestView` are the bytes of the widest view that has to be gathered; 0 for none.
  init(byteCount: Int, threadCount: Int, largestView: Int) throws(PlanFault) {
    let least =
      Self.smallestPieceByteCount + Self.castByteCount
      + min(largestView, Self.smallestPieceByteCount)
    guard byteCount >= least else { throw .memoryTooSmall(needed: least, allowed: byteCount) }
    let threads = max(1, min(threadCount, byteCount / least))
    let share = byteCount / threads - Self.castByteCount
    let forPieces = largestView > 0 ? share / 2 : share
    let piece = min(Self.largestPieceByteCount, forPieces)
    self.threadCount = threads
    // Whole pages, and whole elements of every dtype.
    pieceByteCount = piece & ~4095
    heldByteCount = min(largestView, share - piece)
  }

  /// Bytes that all threads hold at most.
  var byteCount: Int { threadCount * (pieceByteCount + heldByteCount + Self.castByteCount) }
}
