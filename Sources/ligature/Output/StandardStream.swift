#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage

/// Standard output or standard error, written in large pieces.
///
/// A write never throws: what went wrong is kept, and asked for when the answer is complete.
final class StandardStream {
  /// So many bytes are gathered before they are written.
  private static let pieceByteCount = 1 << 20

  private let descriptor: Int32
  private var pending: [UInt8] = []

  /// The `errno` of the first write that failed, other than by the reader going away.
  private(set) var failure: Int32?
  /// Whether the reader has gone away, as `head` does when it has enough.
  private(set) var isClosed = false

  /// Whether a person looks at it.
  let isTerminal: Bool

  /// The answer.
  static func output() -> StandardStream { StandardStream(descriptor: STDOUT_FILENO) }
  /// Progress and remarks.
  static func error() -> StandardStream { StandardStream(descriptor: STDERR_FILENO) }

  /// Writes to standard error past every buffer; safe in a signal handler.
  static func writeAtOnce(_ text: StaticString) {
    // SAFETY: a static string's bytes live as long as the process.
    _ = unsafe Glibc.write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }

  private init(descriptor: Int32) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
  }

  /// Columns of the terminal; nil if it is none or does not say.
  var columnCount: Int? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// Whether there is any use in writing more.
  var isOpen: Bool { !isClosed && failure == nil }

  /// Appends bytes of text.
  func write(_ bytes: some Sequence<UInt8>) {
    pending.append(contentsOf: bytes)
    if pending.count >= Self.pieceByteCount { flush() }
  }

  /// Writes what has been gathered.
  func flush() {
    defer { pending.removeAll(keepingCapacity: true) }
    guard isOpen, !pending.isEmpty else { return }
    // SAFETY: write reads at most `count` bytes of a buffer of `count`.
    unsafe pending.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
        let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count >= 0 {
          done += count
        } else if !recovers(from: errno) {
          return
        }
      }
    }
  }

  /// Whether the write should be tried again.
  private func recovers(from code: Int32) -> Bool {
    switch code {
    case EINTR: return true
    case EAGAIN:
      // Someone made the terminal non-blocking.
      var wish = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      return unsafe poll(&wish, 1, -1) >= 0
    case EPIPE: isClosed = true
    default: failure = code
    }
    return false
  }
}
