#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage

/// What the process does when it is asked to stop.
enum Signals {
  /// Turns signals into wishes that the work heeds.
  ///
  /// A second signal changes nothing: `timeout` sends two, and files must be removed in peace.
  static func install() {
    // The object exists before a handler can run.
    _ = Interruption.ofProcess
    // The handlers store one atomic flag and do nothing else.
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { _ in Interruption.ofProcess.request() }
    }
    // A reader of the answer that goes away is noticed when writing.
    _ = signal(SIGPIPE, SIG_IGN)
  }
}
