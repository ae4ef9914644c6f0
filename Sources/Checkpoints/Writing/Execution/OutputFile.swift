internal import Synchronization
internal import TensorStorage

/// A file of the output while threads write it.
///
/// It is opened when its first job begins and synced when its last job ends, while the threads go on with
/// the next file.
final class OutputFile: Sendable {
  let plan: PlannedFile
  let work: WriteJobs

  private let state: Mutex<State>

  private struct State: ~Copyable {
    var file: AtomicFile?
    var remainingJobCount: Int
    var findings = JobFindings()
  }

  init(_ plan: PlannedFile, budget: WriteBudget) {
    self.plan = plan
    work = WriteJobs(plan.link == nil ? plan.segments : [], budget: budget)
    state = Mutex(State(remainingJobCount: work.jobs.count))
  }

  /// What the threads write with; opens the file if this is the first call.
  func writer(
    overwrites: Bool, directory: OutputDirectory?, interruption: Interruption
  ) throws(FileError) -> FileWriter {
    try state.withLock { state throws(FileError) in
      if let writer = state.file?.writer { return writer }
      let file = try AtomicFile(
        path: plan.path, byteCount: plan.byteCount, overwrites: overwrites,
        directory: directory, interruption: interruption)
      let writer = file.writer
      state.file = consume file
      return writer
    }
  }

  /// Takes what a job found; true if it was the last one.
  func finishJob(_ findings: JobFindings) -> Bool {
    state.withLock { state in
      state.findings.merge(findings)
      state.remainingJobCount -= 1
      return state.remainingJobCount == 0
    }
  }

  /// Writes what checksums decide, and syncs; the last thread that had a job here calls it.
  func finish(_ writer: FileWriter) throws(FileError) {
    let checksums = state.withLock { $0.findings.checksums }
    for position in work.lateSegments.sorted() {
      guard case .checksums(let field) = plan.segments[position].content else { continue }
      let bytes = field.encode(field.segments.map { checksums[$0]?.whole ?? CRC32() })
      try writer.write(bytes.rawBytes, at: plan.segments[position].byteOffset)
    }
    try writer.sync()
  }

  /// What casting did, by planned tensor.
  var conversions: [Int: ConversionReport] { state.withLock { $0.findings.conversions } }

  /// Hands the file over for publishing.
  func takeFile() -> AtomicFile? { state.withLock { $0.file.take() } }
}

/// What jobs learn from the bytes on the way.
struct JobFindings: Sendable {
  /// The checksums of tensors, by segment.
  var checksums: [Int: PartialChecksum] = [:]
  /// What casting did, by planned tensor.
  var conversions: [Int: ConversionReport] = [:]

  /// Adds what another job found.
  mutating func merge(_ other: JobFindings) {
    for (segment, checksum) in other.checksums {
      checksums[segment, default: PartialChecksum()].parts.merge(checksum.parts) { $1 }
    }
    for (tensor, report) in other.conversions {
      conversions[tensor, default: ConversionReport()].merge(report)
    }
  }
}

/// The checksum of a segment of which threads have seen one part each.
struct PartialChecksum: Sendable {
  /// The checksums of the parts, by where each begins in the segment.
  var parts: [Int: CRC32] = [:]

  /// The checksum of all parts in their order.
  var whole: CRC32 {
    var checksum = CRC32()
    for (_, part) in parts.sorted(by: { $0.key < $1.key }) { checksum.append(part) }
    return checksum
  }
}
