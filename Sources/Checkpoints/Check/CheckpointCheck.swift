internal import TensorStorage

/// Checks a checkpoint against every rule of its format, and shards against their index.
///
/// Goes on after a fault: each file is opened by itself, so that all broken shards are named at once.
package struct CheckpointCheck: Sendable {
  /// How the files are read.
  package var options = ReadOptions()
  /// Whether all values are read too, for NaN, infinity and rows of zeros; damaged records show then.
  package var checksValues = false
  /// Threads and memory.
  package var limits: WorkLimits
  /// Is told how far the reading of values is.
  package var observer = WorkObserver.none

  /// Threads that open files: more than processors, since most of the time goes into waiting for the disk.
  private static let openingThreadCount = 8

  /// A check with these limits, of everything but the values.
  package init(limits: WorkLimits) { self.limits = limits }

  /// Checks what `path` names: a file, a directory, an index or a bundle of models.
  ///
  /// - Returns: All that was found; a file that cannot be read is a finding.
  /// - Throws: `FileError.interrupted` only.
  package func run(_ path: String) throws(FormatError) -> CheckReport {
    do throws(FormatError) {
      if try CheckpointLocation.isDirectory(path),
        let bundle = try BundleManifest.read(in: path)
      {
        return try check(bundle, in: path)
      }
    } catch {
      if case .file(.interrupted) = error.fault { throw error }
      var report = CheckReport()
      report.findings.append(CheckFinding(error))
      return report
    }
    return try checkOne(path)
  }

  /// Checks what `path` names, which is no bundle; of a model of one, also what it has of the pool.
  func checkOne(_ path: String, withPool: Bool = true) throws(FormatError) -> CheckReport {
    var report = CheckReport()
    do throws(FormatError) {
      let (location, notes) = try CheckpointLocation.find(path)
      report.findings += notes.map {
        CheckFinding(.remark, code: "Choice", file: path, sentence: $0)
      }
      if case .index(let index) = location { report.index = index.path }
      checkFiles(of: location, &report)
      guard report.isSound else { return report }
      try checkWhole(location, withPool: withPool, &report)
    } catch {
      if case .file(.interrupted) = error.fault { throw error }
      report.findings.append(CheckFinding(error))
    }
    return report
  }

  /// Opens every file by itself.
  private func checkFiles(of location: CheckpointLocation, _ report: inout CheckReport) {
    let paths = location.paths
    let results = ConcurrentWork.map(
      order: Array(paths.indices), threadCount: Self.openingThreadCount
    ) { position throws(Never) in
      check(paths[position])
    }
    report.files = paths
    for position in paths.indices {
      guard let result = results[position] else { continue }
      report.findings += result.findings
      report.format = report.format ?? result.format
      report.tensorCount += result.tensorCount
      report.byteCount.addClamped(result.byteCount)
    }
  }

  /// Opens one file.
  func check(_ path: String) -> CheckReport {
    var report = CheckReport()
    do throws(FormatError) {
      let file = try CheckpointLocation.open(path)
      let checkpoint = try FormatRegistry.readFile(file, options: options)
      report.format = checkpoint.source.format
      report.tensorCount = checkpoint.entries.count
      report.byteCount = checkpoint.byteCount
      if checkpoint.source.format == SafetensorsFormat.identifier {
        let remarks = try SafetensorsFormat.readWithRemarks(file, options: options).remarks
        report.findings += remarks.findings(file: path)
      }
      report.findings += Self.findings(of: checkpoint.source, file: path)
    } catch {
      report.findings.append(CheckFinding(error))
    }
    return report
  }

  /// What a file says of itself, and the globals that its pickle names.
  private static func findings(of source: CheckpointSource, file: String) -> [CheckFinding] {
    var findings = source.notes.map {
      CheckFinding(.remark, code: "Note", file: file, sentence: $0)
    }
    if !source.globals.isEmpty {
      let names = source.globals.map { escaped($0) }.joined(separator: ", ")
      findings.append(
        CheckFinding(.remark, code: "Globals", file: file, sentence: "the pickle names \(names)"))
    }
    return findings
  }

  /// Puts the files together, compares them with their index, and reads the values.
  private func checkWhole(
    _ location: CheckpointLocation, withPool: Bool, _ report: inout CheckReport
  ) throws(FormatError) {
    let (checkpoint, disagreements) = try Checkpoint.open(location, options: options)
    if case .index(let index) = location {
      report.findings += disagreements.map {
        CheckFinding(.warning, code: $0.code, file: index.path, sentence: $0.sentence)
      }
    }
    report.tensorCount = checkpoint.entries.count
    report.byteCount = checkpoint.byteCount
    if withPool, let bundle = checkpoint.source.bundle {
      report.findings += try changes(of: bundle)
    }
    guard checksValues else { return }
    report.findings += try checkValues(of: checkpoint)
    report.hasCheckedValues = true
  }
}
