internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Threads for work that waits for the disk.
///
/// Plain threads, not Swift's cooperative pool: that one has a thread per processor and expects tasks not
/// to block, and these do little else. A pool that is stuck in `pread` on a network file system would
/// hold up every other task of the program that uses this library.
public enum Workers {
  /// The processors that are in use.
  public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Calls `body` on up to `count` threads at once, the caller's among them, and waits for all.
  ///
  /// Fewer threads than asked for may come to be, so `body` takes its work from what is left of it
  /// until nothing is; it is called with numbers from 0.
  ///
  /// - Throws: The first error that a call of `body` threw; the others have run to their end as well.
  public static func run<Failure: Error>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws(Failure) -> Void
  ) throws(Failure) {
    let failure = FirstFailure<Failure>()
    let guarded: @Sendable (Int) -> Void = { number in
      do throws(Failure) { try body(number) } catch { failure.keep(error) }
    }
    let threads = (1..<max(1, count)).compactMap { number in
      JoinableThread { guarded(number) }
    }
    guarded(0)
    for thread in threads { thread.join() }
    if let error = failure.error { throw error }
  }
}

/// Where the threads leave the first error.
private final class FirstFailure<Failure: Error>: Sendable {
  private let kept = Mutex<Failure?>(nil)

  var error: Failure? { kept.withLock { $0 } }

  func keep(_ error: Failure) {
    kept.withLock { if $0 == nil { $0 = error } }
  }
}

/// A running thread.
private struct JoinableThread {
  private let thread: pthread_t

  /// Starts a thread; nil if the system has none left.
  init?(_ body: @escaping @Sendable () -> Void) {
    let work = unsafe Unmanaged.passRetained(Work(body))
    var thread = pthread_t()
    // SAFETY: the new thread, and nobody else, takes over the reference that is passed to it.
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
        }
        return nil
      }, unsafe work.toOpaque())
    guard code == 0 else {
      unsafe work.release()
      return nil
    }
    self.thread = thread
  }

  func join() { pthread_join(thread, nil) }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
