internal import TensorStorage

/// A piece of work that one thread does in one file.
enum WriteJob: Equatable, Sendable {
  /// A range of the file's bytes, gathered from the segments in it and written at once.
  case window(Range<Int>, segments: Range<Int>)
  /// A part of tensors that follow each other in a source as they will in the file, by their bytes counted
  /// from the first one's.
  case copy(Range<Int>, bytes: Range<Int>)
  /// Tensors that are cheap to read from front to back only, in the order of their bytes in the source.
  case sequence([Int])
}

/// The work of one file.
///
/// Windows end on multiples of a piece, whatever the tensors are: each can be written past the system's
/// cache, and no two of them meet within a page of it.
struct WriteJobs: Sendable {
  /// What can be done in any order, by any thread.
  private(set) var jobs: [WriteJob] = []
  /// Segments that are written when the checksums of all jobs are known.
  private(set) var lateSegments: Set<Int> = []
  /// Whether some bytes depend on checksums.
  let needsChecksums: Bool

  private let segments: [FileSegment]
  private let budget: WriteBudget

  /// Cuts a file into jobs.
  init(_ segments: [FileSegment], budget: WriteBudget) {
    self.segments = segments
    self.budget = budget
    needsChecksums = segments.contains {
      if case .checksums = $0.content { true } else { false }
    }
    let uncut = segments.indices.filter { !canCut($0) }
    let copies = needsChecksums ? [] : CopyRun.all(in: segments)
    var isApart = [Bool](repeating: false, count: segments.count)
    for position in uncut { isApart[position] = true }
    for position in copies.lazy.flatMap(\.segments) { isApart[position] = true }
    // Long jobs come first, so that no thread is left with one when the others have finished.
    jobs = sequences(of: uncut) + copies.flatMap(\.jobs)
    var start = 0
    for position in segments.indices where isApart[position] {
      addWindows(of: start..<position)
      start = position + 1
    }
    addWindows(of: start..<segments.count)
  }

  /// Whether any range of a segment's bytes can be read for little more than that range.
  private func canCut(_ position: Int) -> Bool {
    guard let tensor = segments[position].tensor else { return true }
    if tensor.isRandomAccess { return true }
    // A small view may be held whole, twice if it lies in two windows.
    return tensor.storage.source.isRandomAccess && tensor.byteCount <= budget.pieceByteCount
      && tensor.heldByteCount <= budget.heldByteCount
  }

  /// The tensors that are read from front to back; one cursor serves those that lie in one record.
  private func sequences(of positions: [Int]) -> [WriteJob] {
    var strided: [WriteJob] = []
    var records: [ObjectIdentifier: [Int]] = [:]
    for position in positions {
      guard let storage = segments[position].tensor?.storage else { continue }
      if storage.source.isRandomAccess {
        strided.append(.sequence([position]))
      } else {
        records[ObjectIdentifier(storage), default: []].append(position)
      }
    }
    let sorted = records.values.map { $0.sorted { offset(of: $0) < offset(of: $1) } }
    return sorted.sorted { $0[0] < $1[0] }.map { .sequence($0) } + strided
  }

  private func offset(of position: Int) -> (Int, Int) {
    (segments[position].tensor?.byteOffset ?? 0, position)
  }

  private mutating func addWindows(of stretch: Range<Int>) {
    guard let last = stretch.last else { return }
    var start = segments[stretch.lowerBound].byteOffset
    var first = stretch.lowerBound
    while start < segments[last].endOffset {
      let end = min(
        segments[last].endOffset, (start / budget.pieceByteCount + 1) * budget.pieceByteCount)
      var next = first
      while next < last, segments[next].endOffset < end { next += 1 }
      jobs.append(.window(start..<end, segments: first..<(next + 1)))
      noteLateSegments(first..<(next + 1), in: start..<end)
      first = segments[next].endOffset == end ? next + 1 : next
      start = end
    }
  }

  /// Notes the fields in a window whose checksums are not all of tensors that lie in it whole.
  private mutating func noteLateSegments(_ positions: Range<Int>, in window: Range<Int>) {
    for position in positions {
      guard case .checksums(let field) = segments[position].content else { continue }
      let isKnown = ([position] + field.segments).allSatisfy {
        segments[$0].byteOffset >= window.lowerBound && segments[$0].endOffset <= window.upperBound
      }
      if !isKnown { lateSegments.insert(position) }
    }
  }
}

extension FileSegment {
  /// Its bytes in the file.
  var bytes: Range<Int> { byteOffset..<endOffset }
}

extension LazyTensor {
  /// Its elements in parts that are read at once; all but the first end on pages of the file if that does.
  func parts(writtenAt byteOffset: Int, largestByteCount: Int) -> [Range<Int>] {
    // A multiple of eight elements ends on a byte in every dtype.
    let step = largestByteCount * 8 / dtype.bitCount & ~7
    let bits = FileWriter.placeInBuffer(ofBytesAt: byteOffset) * 8
    let isDivisible = bits.isMultiple(of: dtype.bitCount) && !storedDType.isSubByte
    let first = min(elementCount, isDivisible ? step - bits / dtype.bitCount : step)
    let others = stride(from: first, to: elementCount, by: step)
    return [0..<first] + others.map { $0..<min($0 + step, elementCount) }
  }
}
