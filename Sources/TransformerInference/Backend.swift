internal import TensorStorage

/// What the arithmetic of a forward pass runs on.
public struct Backend: Hashable, Sendable {
  /// OpenBLAS's release and how it was built, in its own words.
  public let build: String
  /// The kernel family that OpenBLAS runs with, as `SkylakeX`: the newest that the processor has, unless the
  /// environment's `OPENBLAS_CORETYPE` says another.
  public let kernelFamily: String
  /// The version of this library's own kernels: `scalar`, `avx2` or `avx512`.
  public let instructions: String

  /// Opens the library if that has not been done yet.
  ///
  /// - Throws: `noLibrary`.
  public init() throws(InferenceError) {
    try MatrixProduct.open()
    build = MatrixProduct.build ?? "OpenBLAS"
    kernelFamily = MatrixProduct.kernelFamily ?? "unknown"
    instructions = "\(Instructions.best)"
  }
}
