internal import TensorStorage

/// Neighbouring tensors that lie in a source as they will lie in the file, equally far into a block of the
/// disk: their blocks can be shared, where the file system can do that.
struct CopyRun {
  /// The tensors.
  private(set) var segments: Range<Int>
  /// Where in the file the first of them will be.
  private let byteOffset: Int
  /// The bytes of all of them in the source.
  private var source: FileRange

  /// Fewer bytes than this are gathered with their neighbours and written.
  private static let leastByteCount = 1 << 20
  /// How much one job copies: what a thread does alone if the blocks cannot be shared.
  private static let jobByteCount = 64 << 20

  /// Every such run of a file's segments, in their order.
  static func all(in segments: [FileSegment]) -> [CopyRun] {
    var runs: [CopyRun] = []
    for (position, segment) in segments.enumerated() {
      guard let source = segment.copiedRange else { continue }
      if runs.last?.canJoin(position, source) ?? false {
        runs[runs.count - 1].join(source)
      } else {
        runs.append(
          CopyRun(
            segments: position..<(position + 1), byteOffset: segment.byteOffset, source: source))
      }
    }
    return runs.filter { $0.source.byteCount >= leastByteCount }
  }

  private func canJoin(_ position: Int, _ next: FileRange) -> Bool {
    position == segments.upperBound && next.file === source.file
      && next.byteOffset == source.byteOffset + source.byteCount
  }

  private mutating func join(_ next: FileRange) {
    segments = segments.lowerBound..<(segments.upperBound + 1)
    source = FileRange(
      file: source.file, byteOffset: source.byteOffset,
      byteCount: source.byteCount + next.byteCount)
  }

  /// The work, in parts that end on blocks.
  var jobs: [WriteJob] {
    let first = min(
      source.byteCount, Self.jobByteCount - byteOffset % FileWriter.sharedBlockByteCount)
    let others = stride(from: first, to: source.byteCount, by: Self.jobByteCount)
    return [.copy(segments, bytes: 0..<first)]
      + others.map {
        .copy(segments, bytes: $0..<min($0 + Self.jobByteCount, source.byteCount))
      }
  }
}

extension FileSegment {
  /// The bytes of a file that it may share blocks with.
  var copiedRange: FileRange? {
    guard let range = tensor?.sharableRange,
      FileWriter.mayShareBlocks(range.byteOffset, byteOffset)
    else { return nil }
    return range
  }
}
