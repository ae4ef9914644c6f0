public import TensorStorage

extension Checkpoint {
  /// Writes the checkpoint: plans, then carries the plan out.
  @discardableResult
  public func write(
    to destination: String, options: ConversionOptions = ConversionOptions()
  ) throws(FormatError) -> WriteReport {
    try plan(writingTo: destination, options: options).execute()
  }
}

extension WritePlan {
  /// Reads back what was written and compares every tensor with what it was to be.
  ///
  /// - Parameters:
  ///   - written: The output, opened anew.
  ///   - interruption: Stops the work when it is requested.
  ///   - progress: Called now and then, from one thread at a time.
  /// - Throws: `PlanFault.verificationFailed` with the first tensor that differs.
  public func verify(
    _ written: Checkpoint, interruption: Interruption = .ofProcess,
    progress: (@Sendable (WriteProgress) -> Void)? = nil
  ) throws(FormatError) {
    preconditionFailure("not built yet")
  }
}
