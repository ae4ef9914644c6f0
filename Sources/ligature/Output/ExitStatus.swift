/// How a run ended, as the process's exit code.
///
/// Scripts rely on the numbers.
enum ExitStatus: Int32 {
  /// Done, or yes.
  case success = 0
  /// No: they differ, a check failed, a count is not the expected one.
  case no = 1
  /// The words make no sense.
  case usage = 2
  /// Refused for safety: it would overwrite, lose, collide, or trust too much.
  case refused = 3
  /// The input is malformed or unsupported.
  case malformed = 4
  /// The disk, or the stream that the answer goes to.
  case inputOutput = 5
  /// The user interrupted it.
  case interrupted = 130
}
