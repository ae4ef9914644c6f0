internal import Synchronization

/// How far the writing is.
public struct WriteProgress: Sendable {
  /// Bytes of output that are done.
  public var doneByteCount: Int
  /// Bytes of output there will be.
  public var totalByteCount: Int
  /// Files of which every byte is done.
  public var doneFileCount: Int
  /// Files there will be.
  public var fileCount: Int
}

/// Counts what the threads have done and tells about it now and then.
final class ProgressMeter: Sendable {
  /// Often enough for a bar to look alive.
  private static let interval = Duration.milliseconds(50)

  private let totalByteCount: Int
  private let fileCount: Int
  private let doneByteCount = Atomic(0)
  private let doneFileCount = Atomic(0)
  private let report: (@Sendable (WriteProgress) -> Void)?
  private let lastReport = Mutex(ContinuousClock.now)

  init(
    totalByteCount: Int, fileCount: Int, report: (@Sendable (WriteProgress) -> Void)?
  ) {
    self.totalByteCount = totalByteCount
    self.fileCount = fileCount
    self.report = report
  }

  /// Counts bytes.
  ///
  /// Whoever comes after the interval tells; nobody waits for it.
  func add(byteCount: Int) {
    doneByteCount.wrappingAdd(byteCount, ordering: .relaxed)
    guard let report else { return }
    _ = lastReport.withLockIfAvailable { last in
      let now = ContinuousClock.now
      guard now - last >= Self.interval else { return }
      last = now
      report(progress)
    }
  }

  /// Counts a file.
  func addFile() { doneFileCount.wrappingAdd(1, ordering: .relaxed) }

  /// Tells the last state, whenever the one before was told.
  func finish() {
    guard let report else { return }
    lastReport.withLock { _ in report(progress) }
  }

  private var progress: WriteProgress {
    WriteProgress(
      doneByteCount: doneByteCount.load(ordering: .relaxed), totalByteCount: totalByteCount,
      doneFileCount: doneFileCount.load(ordering: .relaxed), fileCount: fileCount)
  }
}
