internal import ArgumentParser
internal import Checkpoints

/// What a verb that reads tensors may use.
struct WorkOptions: ParsableArguments {
  @Option(
    name: [.customShort("j", allowingJoined: true), .customLong("threads")],
    help: ArgumentHelp("Threads (default: one per core).", valueName: "n"))
  var threadCount: Int?

  @Option(
    help: ArgumentHelp("The most memory for buffers (default: 128MB).", valueName: "size"),
    transform: ArgumentWords.byteCount)
  var memory: Int?

  /// More threads than this are a slip of the pen.
  private static let maximumThreadCount = 1024
  /// Less memory than this has no room for a tile of each kind.
  private static let minimumMemoryByteCount = 1_000_000

  mutating func validate() throws {
    if let threadCount, !(1...Self.maximumThreadCount).contains(threadCount) {
      throw ValidationError("-j takes a number from 1 to \(Self.maximumThreadCount)")
    }
    if let memory, memory < Self.minimumMemoryByteCount {
      throw ValidationError("--memory needs 1MB or more")
    }
  }

  /// The same for the library.
  var limits: WorkLimits {
    WorkLimits(
      threadCount: threadCount,
      memoryByteCount: memory ?? ConversionOptions.defaultMemoryByteCount)
  }
}
