internal import Checkpoints
internal import Synchronization
internal import TensorStorage

/// A line on the terminal that tells how far long work is: bytes, speed, time left, file i of n.
///
/// Threads report to it; it draws ten times a second at most.
final class ProgressBar: Sendable {
  private let title: String
  private let totalByteCount: Int?
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  private struct State {
    var doneByteCount = 0
    var lastDrawing: ContinuousClock.Instant?
    var files: (current: Int, count: Int)?
    var isShown = false
  }

  /// A bar for work on `byteCount` bytes, told as `title`; without a total it tells only what is done.
  init(_ title: String, byteCount: Int?) {
    self.title = title
    totalByteCount = byteCount
  }

  /// Adds bytes that were processed.
  func advance(by byteCount: Int) {
    state.withLock { state in
      state.doneByteCount += byteCount
      draw(&state)
    }
  }

  /// Says how far writing is.
  func update(_ progress: WriteProgress) {
    state.withLock { state in
      state.doneByteCount = progress.doneByteCount
      state.files = (min(progress.doneFileCount + 1, progress.fileCount), progress.fileCount)
      draw(&state)
    }
  }

  /// Takes the line away.
  func finish() {
    state.withLock { state in
      if state.isShown { Self.put("") }
      state.isShown = false
    }
  }

  private func draw(_ state: inout State) {
    let now = ContinuousClock.now
    if let last = state.lastDrawing, now - last < .milliseconds(100) { return }
    // Work that is done at once needs no bar.
    guard now - start >= .milliseconds(300) else { return }
    state.lastDrawing = now
    state.isShown = true
    Self.put(text(of: state, elapsed: (now - start) / .seconds(1)))
  }

  private func text(of state: State, elapsed: Double) -> String {
    let speed = Double(state.doneByteCount) / max(elapsed, 1e-3)
    let pace = "\(Numerals.fixed(speed / 1e9, decimals: 2)) GB/s"
    guard let total = totalByteCount, total > 0 else {
      return "\(title)  \(Numerals.bytes(state.doneByteCount))  \(pace)"
    }
    let share = min(1, Double(state.doneByteCount) / Double(total))
    let filled = Int(share * 20)
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 20 - filled)
    let left = speed > 0 ? Double(max(0, total - state.doneByteCount)) / speed : 0
    let file = state.files.map { $0.count > 1 ? "  file \($0.current) of \($0.count)" : "" } ?? ""
    return "\(title) [\(bar)] \(Int(share * 100))%  \(Numerals.bytes(state.doneByteCount)) of "
      + "\(Numerals.bytes(total))  \(pace)  \(Numerals.duration(seconds: left)) left\(file)"
  }

  /// Replaces the line, cut to the terminal's width: one that wraps could not be taken back.
  private static func put(_ text: String) {
    let stream = StandardStream.error()
    let shown = text.prefix(max(0, (stream.columnCount ?? 80) - 1))
    stream.write(Array("\r\(shown)\u{1B}[K".utf8))
    stream.flush()
  }
}
