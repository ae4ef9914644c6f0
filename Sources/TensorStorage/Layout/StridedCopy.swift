/// Gathers the elements of a strided view into packed row-major order.
public enum StridedCopy {
  /// Fills `target` with the elements of `range`, counted in the view's row-major order.
  ///
  /// - Parameters:
  ///   - source: Begins with element `[0, 0, …]` and reaches the view's last element.
  ///   - elementByteCount: 1, 2, 4, 8 or 16.
  ///   - shape: The view's extents, none of them 0.
  ///   - strides: In elements, none negative.
  ///   - range: Which elements.
  ///   - target: Holds exactly those elements.
  public static func gather(
    from source: RawSpan, elementByteCount: Int, shape: [Int], strides: [Int],
    elements range: Range<Int>, into target: inout MutableRawSpan
  ) {
    preconditionFailure("not built yet")
  }
}
