/// Divides tensors among files as the Hugging Face hub's libraries do.
enum ShardSplit {
  /// Divides blocks (tensors, or tensors that must stay together) of these sizes, in their order.
  ///
  /// A block above the limit gets a file of its own at once, before the one that is being filled;
  /// otherwise a file is closed when the next block would not fit. Nothing is moved to fill gaps. Blocks
  /// without bytes all go to the file of the first of them: to torch, they have one address.
  ///
  /// - Parameters:
  ///   - byteCounts: The blocks' sizes.
  ///   - limit: The most bytes of a file of several blocks; nil for one file.
  /// - Returns: The positions of each file's blocks; at least one file.
  static func files(of byteCounts: [Int], limit: Int?) -> [[Int]] {
    guard let limit else { return [Array(byteCounts.indices)] }
    var files: [[Int]] = []
    var current: [Int] = []
    var currentByteCount = 0
    let empty = byteCounts.indices.filter { byteCounts[$0] == 0 }
    for (position, byteCount) in byteCounts.enumerated() {
      if byteCount == 0, position != empty[0] { continue }
      if byteCount > limit {
        files.append([position])
        continue
      }
      if byteCount > limit - currentByteCount {
        files.append(current)
        (current, currentByteCount) = ([], 0)
      }
      current.append(position)
      currentByteCount += byteCount
    }
    if !current.isEmpty || files.isEmpty { files.append(current) }
    if let first = empty.first, let file = files.firstIndex(where: { $0.contains(first) }) {
      files[file] += empty.dropFirst()
    }
    return files
  }
}
