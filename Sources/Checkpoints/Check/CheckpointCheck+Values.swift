internal import TensorStorage

extension CheckpointCheck {
  /// Reads all tensors, each once, on several threads; damaged records are findings too.
  func checkValues(of checkpoint: Checkpoint) throws(FormatError) -> [CheckFinding] {
    let duplicates = checkpoint.duplicateOf()
    let order = checkpoint.entries.indices.filter { duplicates[$0] == nil }
    let tileByteCount = limits.tileByteCount(tilesPerThread: 1)
    let results = try ConcurrentWork.map(order: order, threadCount: limits.threadCount) {
      position throws(FormatError) in
      try check(checkpoint.entries[position], of: checkpoint, tileByteCount: tileByteCount)
    }
    return order.flatMap { results[$0] ?? [] }
  }

  private func check(
    _ entry: Checkpoint.Entry, of checkpoint: Checkpoint, tileByteCount: Int
  ) throws(FormatError) -> [CheckFinding] {
    let file = checkpoint.file(of: entry.name)
    guard entry.tensor.storage.hasData else {
      return [
        CheckFinding(
          .warning, code: "NoData", file: file, tensor: entry.name.text,
          sentence: "the file has its shape and not its values")
      ]
    }
    var values = TensorValueCheck(entry.tensor)
    do throws(FileError) {
      try TensorTiles.forEach(of: entry.tensor, byteCount: tileByteCount) {
        tile, start throws(FileError) in
        values.add(tile, startingAt: start)
        try observer.didProcess(tile.byteCount)
      }
    } catch {
      let error = checkpoint.error(error, reading: entry.name)
      if case .file(.interrupted) = error.fault { throw error }
      return [CheckFinding(error)]
    }
    return values.findings(file: file, tensor: entry.name.text)
  }
}
