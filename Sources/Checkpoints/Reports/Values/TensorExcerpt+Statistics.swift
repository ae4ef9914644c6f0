package import TensorStorage

extension TensorExcerpt {
  /// Elements that one thread sums up at a time.
  ///
  /// Sums are rounded, so that parts and tiles depend on nothing but the excerpt: the answer is the same for any
  /// number of threads and any memory.
  private static let partElementCount = 1 << 20
  private static let tileByteCount = 256 << 10
  /// What a thread holds: its tile, and the tile's numbers as doubles, of elements of a byte in the worst case.
  private static let threadByteCount = 5 * tileByteCount

  /// Reads all values and sums them up.
  package func statistics(
    limits: WorkLimits, observer: WorkObserver
  ) throws(FileError) -> TensorStatistics {
    // What has to be read from its beginning to its end is read once, by one thread.
    let parts =
      tensor.isRandomAccess && tensor.heldByteCount == 0
      ? geometry.parts(elementCount: Self.partElementCount) : [geometry]
    let threadCount = min(limits.threadCount, limits.memoryByteCount / Self.threadByteCount)
    let found = try ConcurrentWork.map(
      order: Array(parts.indices), threadCount: max(1, threadCount)
    ) { position throws(FileError) in
      try statistics(of: parts[position], observer)
    }
    var whole = TensorStatistics(dtype: tensor.dtype)
    for position in parts.indices { found[position].map { whole.merge($0) } }
    return whole
  }

  private func statistics(
    of part: SliceGeometry, _ observer: WorkObserver
  ) throws(FileError) -> TensorStatistics {
    var statistics = TensorStatistics(dtype: tensor.dtype)
    var reader = try SliceReader(tensor, part, byteCount: Self.tileByteCount)
    try reader.forEachTile { tile throws(FileError) in
      statistics.add(tile)
      try observer.didProcess(tile.byteCount)
    }
    return statistics.closed()
  }
}
