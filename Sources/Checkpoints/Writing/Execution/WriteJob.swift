internal import TensorStorage

/// A piece of work that one thread does: some segments of one file, or a part of one.
enum WriteJob: Equatable, Sendable {
  /// Neighbouring segments, gathered in the buffer and written at once.
  case run(Range<Int>)
  /// Known bytes that are written from where they are.
  case bytes(Int)
  /// A part of a tensor, by its elements; `part` counts from 0.
  case part(Int, part: Int, elements: Range<Int>)
  /// Tensors that are cheap to read from front to back only, in the order of their bytes in the source.
  case sequence([Int])
}

/// The work of one file.
struct WriteJobs: Sendable {
  /// What can be done in any order, by any thread.
  private(set) var jobs: [WriteJob] = []
  /// Segments that are written when the checksums of all jobs are known.
  private(set) var lateSegments: [Int] = []

  private let segments: [FileSegment]
  private let budget: WriteBudget
  private var runStart: Int?

  /// Cuts a file into jobs of at most a piece each, except for sequences.
  init(_ segments: [FileSegment], budget: WriteBudget) {
    self.segments = segments
    self.budget = budget
    var sequences: [ObjectIdentifier: [Int]] = [:]
    for position in segments.indices {
      if canJoin(position) { continue }
      closeRun(before: position)
      if canBegin(position) {
        runStart = position
      } else {
        addAlone(position, sequences: &sequences)
      }
    }
    closeRun(before: segments.count)
    addSequences(sequences)
  }

  /// Whether a segment goes into the run that is open.
  private func canJoin(_ position: Int) -> Bool {
    guard let runStart else { return false }
    let end = segments[position].endOffset
    guard end - segments[runStart].byteOffset <= budget.pieceByteCount else { return false }
    if case .checksums(let field) = segments[position].content {
      return isKnown(field, inRunFrom: runStart)
    }
    return isSmall(position)
  }

  /// Whether a segment may begin a run.
  private func canBegin(_ position: Int) -> Bool {
    guard segments[position].byteCount <= budget.pieceByteCount else { return false }
    if case .checksums(let field) = segments[position].content {
      return isKnown(field, inRunFrom: position)
    }
    return isSmall(position)
  }

  /// Whether a segment without checksums can be made in the buffer.
  private func isSmall(_ position: Int) -> Bool {
    guard segments[position].byteCount <= budget.pieceByteCount else { return false }
    switch segments[position].content {
    case .bytes: return true
    case .checksums: return false
    case .tensor(let tensor, owner: _):
      return tensor.storage.source.isRandomAccess
        && tensor.heldByteCount <= budget.heldByteCount
    }
  }

  /// Whether all segments that a field asks about are, or will be, in the run.
  private func isKnown(_ field: ChecksumField, inRunFrom start: Int) -> Bool {
    guard let first = field.segments.first, let last = field.segments.last else { return true }
    let span = segments[last].endOffset - segments[start].byteOffset
    return first >= start && span <= budget.pieceByteCount && field.segments.allSatisfy(isSmall)
  }

  private mutating func closeRun(before end: Int) {
    if let start = runStart { jobs.append(.run(start..<end)) }
    runStart = nil
  }

  private mutating func addAlone(
    _ position: Int, sequences: inout [ObjectIdentifier: [Int]]
  ) {
    switch segments[position].content {
    case .bytes: jobs.append(.bytes(position))
    case .checksums: lateSegments.append(position)
    case .tensor(let tensor, owner: _):
      if tensor.isRandomAccess { return addParts(of: tensor, position) }
      if tensor.storage.source.isRandomAccess { return jobs.append(.sequence([position])) }
      sequences[ObjectIdentifier(tensor.storage), default: []].append(position)
    }
  }

  private mutating func addParts(of tensor: LazyTensor, _ position: Int) {
    // A multiple of eight elements ends on a byte in every dtype.
    let elementCount = budget.pieceByteCount * 8 / tensor.dtype.bitCount & ~7
    for (part, start) in stride(from: 0, to: tensor.elementCount, by: elementCount).enumerated() {
      let end = min(start + elementCount, tensor.elementCount)
      jobs.append(.part(position, part: part, elements: start..<end))
    }
  }

  /// Long jobs come first, so that no thread is left with one when the others have finished.
  private mutating func addSequences(_ sequences: [ObjectIdentifier: [Int]]) {
    let sorted = sequences.values.map { positions in
      positions.sorted { offset(of: $0) < offset(of: $1) }
    }
    let isLong = jobs.map { if case .sequence = $0 { true } else { false } }
    let strided = zip(jobs, isLong).filter(\.1).map(\.0)
    let short = zip(jobs, isLong).filter { !$0.1 }.map(\.0)
    jobs = sorted.sorted { $0[0] < $1[0] }.map { .sequence($0) } + strided + short
  }

  private func offset(of position: Int) -> (Int, Int) {
    (segments[position].tensor?.byteOffset ?? 0, position)
  }
}
