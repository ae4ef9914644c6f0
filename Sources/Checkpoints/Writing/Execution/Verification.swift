internal import Synchronization
public import TensorStorage

extension WritePlan {
  /// Reads back what was written and compares every tensor with what it was to be.
  ///
  /// - Parameters:
  ///   - written: The output, opened anew.
  ///   - interruption: Stops the work when it is requested.
  ///   - progress: Called now and then, from one thread at a time.
  /// - Throws: `PlanFault.verificationFailed` with the first tensor that differs.
  public func verify(
    _ written: Checkpoint, interruption: Interruption = .ofProcess,
    progress: (@Sendable (WriteProgress) -> Void)? = nil
  ) throws(FormatError) {
    let comparison = try OutputComparison(
      of: self, with: written, interruption: interruption, progress: progress)
    try comparison.run()
  }
}

/// The comparison of the tensors of a plan with those of its output.
private final class OutputComparison: Sendable {
  /// A tensor as it was to be, and as it is.
  private struct Pair: Sendable {
    var name: TensorName
    var expected: LazyTensor
    var found: LazyTensor
  }

  /// A part of a pair that one thread compares.
  private struct Job: Sendable {
    var pair: Int
    var elements: Range<Int>
  }

  private let path: String
  private let budget: WriteBudget
  private let pairs: [Pair]
  private let jobs: [Job]
  private let nextJob = Atomic(0)
  private let interruption: Interruption
  private let meter: ProgressMeter
  private let isOver = Atomic(false)

  init(
    of plan: WritePlan, with written: Checkpoint, interruption: Interruption,
    progress: (@Sendable (WriteProgress) -> Void)?
  ) throws(FormatError) {
    path = plan.mainPath
    budget = plan.budget
    self.interruption = interruption
    let pairs = try Self.pairs(of: plan, with: written, path: path)
    let step = budget.pieceByteCount / 2
    jobs = pairs.enumerated().flatMap { Self.jobs(of: $1, at: $0, stepByteCount: step) }
    self.pairs = pairs
    meter = ProgressMeter(
      totalByteCount: pairs.reduce(0) { $0 + $1.expected.byteCount },
      fileCount: plan.files.count, report: progress)
  }

  /// Pairs the tensors by name; every one must be there, in its dtype and shape, and no other.
  private static func pairs(
    of plan: WritePlan, with written: Checkpoint, path: String
  ) throws(FormatError) -> [Pair] {
    var pairs: [Pair] = []
    for tensor in plan.tensors {
      guard let expected = tensor.content, let name = tensor.name else { continue }
      guard let found = written[name] else {
        throw fault("it is not there", name, path)
      }
      guard found.dtype == expected.dtype, found.shape == expected.shape else {
        throw fault(
          "its dtype and shape are \(found.dtype.name) \(found.shape) and were to be "
            + "\(expected.dtype.name) \(expected.shape)", name, path)
      }
      pairs.append(Pair(name: name, expected: expected, found: found))
    }
    guard pairs.count == written.entries.count else {
      let reason = "\(written.entries.count) tensors are there, and \(pairs.count) were to be"
      throw FormatError(file: path, .plan(.verificationFailed(reason: reason)))
    }
    return pairs
  }

  private static func fault(_ reason: String, _ name: TensorName, _ path: String) -> FormatError {
    FormatError(file: path, tensor: name.text, .plan(.verificationFailed(reason: reason)))
  }

  private static func jobs(of pair: Pair, at position: Int, stepByteCount: Int) -> [Job] {
    let count = pair.expected.elementCount
    guard pair.expected.isRandomAccess, pair.found.isRandomAccess else {
      return [Job(pair: position, elements: 0..<count)]
    }
    let step = stepByteCount * 8 / pair.expected.dtype.bitCount & ~7
    return stride(from: 0, to: count, by: step).map {
      Job(pair: position, elements: $0..<min($0 + step, count))
    }
  }

  /// Compares everything.
  func run() throws(FormatError) {
    try Workers.run(min(budget.threadCount, jobs.count)) { [self] _ throws(FormatError) in
      var expected = TensorBytes(byteCount: budget.pieceByteCount / 2)
      var found = TensorBytes(byteCount: budget.pieceByteCount / 2)
      while !isOver.load(ordering: .relaxed) {
        let number = nextJob.wrappingAdd(1, ordering: .relaxed).oldValue
        guard number < jobs.count else { return }
        do throws(FormatError) {
          try compare(jobs[number], &expected, &found)
        } catch {
          isOver.store(true, ordering: .relaxed)
          throw error
        }
      }
    }
    meter.finish()
  }

  private func compare(
    _ job: Job, _ expected: inout TensorBytes, _ found: inout TensorBytes
  ) throws(FormatError) {
    let isSame: Bool
    do { isSame = try hasSameBytes(job, &expected, &found) } catch {
      throw FormatError(error, file: path)
    }
    if !isSame { throw Self.fault("its values differ", pairs[job.pair].name, path) }
  }

  private func hasSameBytes(
    _ job: Job, _ expected: inout TensorBytes, _ found: inout TensorBytes
  ) throws(FileError) -> Bool {
    let pair = pairs[job.pair]
    var expectedReader = try TensorReader(pair.expected)
    var foundReader = try TensorReader(pair.found)
    let step = expected.byteCount * 8 / pair.expected.dtype.bitCount & ~7
    for start in stride(from: job.elements.lowerBound, to: job.elements.upperBound, by: step) {
      try interruption.check()
      let tile = start..<min(start + step, job.elements.upperBound)
      let byteCount = pair.expected.dtype.byteCount(elementCount: tile.count) ?? 0
      try Self.read(tile, byteCount, &expectedReader, &expected)
      try Self.read(tile, byteCount, &foundReader, &found)
      let isSame = expected.bytes.extracting(0..<byteCount)
        .hasSameBytes(as: found.bytes.extracting(0..<byteCount))
      guard isSame else { return false }
      meter.add(byteCount: byteCount)
    }
    return true
  }

  private static func read(
    _ elements: Range<Int>, _ byteCount: Int, _ reader: inout TensorReader,
    _ buffer: inout TensorBytes
  ) throws(FileError) {
    var target = buffer.mutableBytes(0..<byteCount)
    try reader.read(elements: elements, into: &target)
  }
}
