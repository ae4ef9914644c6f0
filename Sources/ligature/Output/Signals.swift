#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage

/// What the process does when it is asked to stop.
enum Signals {
  /// Turns signals into wishes that the work heeds.
  ///
  /// A second signal changes nothing: `timeout` sends two, and files must be removed in peace. Work that has
  /// not heeded the wish after a second, and has nothing to remove, is ended where it is.
  static func install() {
    // The object exists before a handler can run.
    _ = Interruption.ofProcess
    // The handlers store one atomic flag, load another, and call what is safe in them.
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number) { _ in
        Interruption.ofProcess.request()
        _ = alarm(1)
      }
      // `nohup` wants the work to go on when its terminal goes away.
      if number == SIGHUP, isIgnored(before) { _ = signal(number, SIG_IGN) }
    }
    _ = signal(SIGALRM) { _ in
      if Interruption.ofProcess.isHeld {
        _ = alarm(1)
      } else {
        StandardStream.writeAtOnce("Error: interrupted\n")
        _exit(ExitStatus.interrupted.rawValue)
      }
    }
    unblock([SIGINT, SIGTERM, SIGHUP, SIGALRM])
    // A reader of the answer that goes away is noticed when writing.
    _ = signal(SIGPIPE, SIG_IGN)
  }

  private static func isIgnored(_ handler: sighandler_t?) -> Bool {
    // SAFETY: a handler is an address, and that of "ignore" is the number 1: nothing is called.
    unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Lets signals through that whoever started the process had blocked, as worker threads have: the mask is
  /// handed down.
  private static func unblock(_ signals: [Int32]) {
    var set = sigset_t()
    _ = unsafe sigemptyset(&set)
    for number in signals { _ = unsafe sigaddset(&set, number) }
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }
}
