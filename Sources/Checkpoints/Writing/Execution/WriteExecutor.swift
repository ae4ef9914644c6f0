internal import Synchronization
public import TensorStorage

extension WritePlan {
  /// Writes the files.
  ///
  /// They become visible when all of them are complete, the index last; after an error none of them is.
  ///
  /// - Parameters:
  ///   - interruption: Stops the work when it is requested.
  ///   - progress: Called now and then, from one thread at a time.
  /// - Returns: What was written, and what casting did.
  /// - Throws: A `FileError`, or `PlanFault.overflow`.
  @discardableResult
  public func execute(
    interruption: Interruption = .ofProcess,
    progress: (@Sendable (WriteProgress) -> Void)? = nil
  ) throws(FormatError) -> WriteReport {
    let place = mainPath
    let executor = WriteExecutor(self, interruption: interruption, progress: progress)
    do { try executor.writeFiles() } catch { throw FormatError(error, file: place) }
    let report = executor.report
    if !allowsOverflow { try refuseOverflow(in: report) }
    do { try executor.publish() } catch { throw FormatError(error, file: place) }
    return report
  }

  private func refuseOverflow(in report: WriteReport) throws(FormatError) {
    let found = report.conversions.filter { $0.report.overflowCount > 0 }
    guard let first = found.first else { return }
    let dtype = tensors.first { $0.name == first.name }?.dtype ?? .f32
    throw FormatError(
      file: mainPath,
      .plan(
        .overflow(
          tensors: found.map(\.name.text), counts: found.map(\.report.overflowCount),
          dtype: dtype)))
  }
}

/// Carries out a plan: hands the files' jobs to threads, in order.
final class WriteExecutor: Sendable {
  private let plan: WritePlan
  private let files: [OutputFile]
  /// For each file, how many jobs the files before it have.
  private let firstJobs: [Int]
  private let jobCount: Int
  private let nextJob = Atomic(0)
  private let interruption: Interruption
  private let stop: StopSign
  private let meter: ProgressMeter
  /// Held until the files are published: what it has made it removes again if it stays empty.
  private let directory = Mutex<OutputDirectory?>(nil)

  init(
    _ plan: WritePlan, interruption: Interruption,
    progress: (@Sendable (WriteProgress) -> Void)?
  ) {
    self.plan = plan
    files = plan.files.map { OutputFile($0, budget: plan.budget) }
    var jobCount = 0
    var firstJobs: [Int] = []
    for file in files {
      firstJobs.append(jobCount)
      jobCount += file.work.jobs.count
    }
    self.firstJobs = firstJobs
    self.jobCount = jobCount
    self.interruption = interruption
    stop = StopSign(interruption)
    meter = ProgressMeter(
      totalByteCount: plan.writtenByteCount, fileCount: plan.files.count, report: progress)
  }

  /// Writes every byte of every file under names that nobody sees.
  func writeFiles() throws(FileError) {
    try checkDisk()
    if !plan.directories.isEmpty {
      let made = try OutputDirectory(
        paths: plan.directories, interruption: interruption)
      directory.withLock { $0 = made }
    }
    try Workers.run(min(plan.budget.threadCount, jobCount)) { [self] _ throws(FileError) in
      do throws(FileError) { try work() } catch {
        stop.raise(error)
        throw error
      }
    }
  }

  private func checkDisk() throws(FileError) {
    guard let first = plan.files.first,
      let free = FileSystem.freeByteCount(at: first.path), free < plan.writtenByteCount
    else { return }
    throw .noSpace(file: first.path, needed: plan.writtenByteCount)
  }

  /// What one thread does: jobs, until none is left.
  private func work() throws(FileError) {
    var worker = WriteWorker(budget: plan.budget, meter: meter, stop: stop)
    while let (file, job) = takeJob() {
      try stop.check()
      let writer = try file.writer(
        overwrites: plan.overwrites, directory: directory.withLock { $0 },
        interruption: interruption)
      let findings = try worker.run(job, of: file, into: writer)
      guard file.finishJob(findings) else { continue }
      try file.finish(writer)
      meter.addFile()
    }
  }

  private func takeJob() -> (OutputFile, WriteJob)? {
    let number = nextJob.wrappingAdd(1, ordering: .relaxed).oldValue
    guard number < jobCount else { return nil }
    let file = lastFile(startingAtOrBefore: number)
    return (files[file], files[file].work.jobs[number - firstJobs[file]])
  }

  /// Links have no job: of files with the same first job, the last has it.
  private func lastFile(startingAtOrBefore job: Int) -> Int {
    var low = 0
    var high = firstJobs.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstJobs[middle] <= job { low = middle } else { high = middle }
    }
    return low
  }

  /// What was written, and what casting did.
  var report: WriteReport {
    var report = WriteReport()
    report.files = plan.files.map(\.path)
    report.writtenByteCount = plan.writtenByteCount
    var conversions: [Int: ConversionReport] = [:]
    for file in files { conversions.merge(file.conversions) { $1 } }
    for (position, conversion) in conversions.sorted(by: { $0.key < $1.key }) {
      let tensor = plan.tensors[position]
      report.conversions.append((tensor.name ?? tensor.sourceName, conversion))
    }
    return report
  }

  /// Gives the files their names, and removes what would be taken for a part of the output.
  func publish() throws(FileError) {
    var set = AtomicFileSet(interruption: interruption)
    for file in files {
      if let link = file.plan.link {
        try set.add(link, at: file.plan.path, overwrites: plan.overwrites)
      } else if let file = file.takeFile() {
        try set.add(file)
      }
    }
    try set.publish()
    for path in plan.removedFiles { FileSystem.remove(path) }
    meter.finish()
  }
}
