/// A row-major matrix that several threads fill at once, each its own rows or columns.
@safe
struct SharedMatrix: @unchecked Sendable {
  // Sendable: each thread writes elements that no other reads or writes while the matrix is shared.
  private let values: UnsafeMutableBufferPointer<Float>

  fileprivate init(_ values: UnsafeMutableBufferPointer<Float>) { unsafe self.values = values }

  /// Calls `body` with the whole matrix, of which it touches its own part only.
  func withValues(_ body: (inout MutableSpan<Float>) -> Void) {
    // SAFETY: the memory lives while the matrix is shared; the parts are disjoint.
    var span = unsafe MutableSpan(_unsafeElements: values)
    body(&span)
  }
}

extension [Float] {
  /// An array of `count` values, all of which `body` sets; its memory is not touched before.
  init<Failure: Error>(
    count: Int, filledBy body: (SharedMatrix) throws(Failure) -> Void
  ) throws(Failure) {
    var failure: Failure?
    // SAFETY: every value is set unless an error is thrown, and then the array is given up.
    self = unsafe [Float](unsafeUninitializedCapacity: count) { buffer, filledCount in
      let values = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      do throws(Failure) {
        try body(unsafe SharedMatrix(values))
        filledCount = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
