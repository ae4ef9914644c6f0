extension Checkpoint {
  /// Decides what writing this checkpoint means, and refuses what cannot be done; writes nothing.
  ///
  /// - Parameters:
  ///   - destination: A file, or a directory if it ends in `/`, is one, or the output is sharded.
  ///   - options: What to change on the way.
  /// - Returns: Each output file to the byte, and what happens to each tensor.
  /// - Throws: A `PlanFault`, or a `FileError` where the destination is taken or cannot be looked at.
  public func plan(
    writingTo destination: String, options: ConversionOptions = ConversionOptions()
  ) throws(FormatError) -> WritePlan {
    preconditionFailure("not built yet")
  }

  /// Writes the checkpoint: plans, then carries the plan out.
  @discardableResult
  public func write(
    to destination: String, options: ConversionOptions = ConversionOptions()
  ) throws(FormatError) -> WriteReport {
    try plan(writingTo: destination, options: options).execute()
  }
}

extension WritePlan {
  /// Writes the files.
  ///
  /// They become visible when all of them are complete, the index last; after an error none of them is.
  ///
  /// - Parameters:
  ///   - cancellation: Stops the work when it is cancelled.
  ///   - progress: Called now and then, from one thread at a time.
  /// - Returns: What was written, and what casting did.
  /// - Throws: A `FileError`, or `PlanFault.overflow`.
  public func execute(
    cancellation: Cancellation = Cancellation(),
    progress: (@Sendable (WriteProgress) -> Void)? = nil
  ) throws(FormatError) -> WriteReport {
    preconditionFailure("not built yet")
  }

  /// Reads back what was written and compares every tensor with what it was to be.
  ///
  /// - Parameters:
  ///   - written: The output, opened anew.
  ///   - cancellation: Stops the work when it is cancelled.
  ///   - progress: Called now and then, from one thread at a time.
  /// - Throws: `PlanFault.verificationFailed` with the first tensor that differs.
  public func verify(
    _ written: Checkpoint, cancellation: Cancellation = Cancellation(),
    progress: (@Sendable (WriteProgress) -> Void)? = nil
  ) throws(FormatError) {
    preconditionFailure("not built yet")
  }
}
