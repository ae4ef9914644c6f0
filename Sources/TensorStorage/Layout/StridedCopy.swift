internal import CKernels

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
    let layout = StridedLayout(shape: shape, strides: strides)
    gather(from: source, elementByteCount: elementByteCount, layout, elements: range, into: &target)
  }

  /// The same for a layout that was simplified already.
  static func gather(
    from source: RawSpan, elementByteCount: Int, _ layout: StridedLayout,
    elements range: Range<Int>,
    into target: inout MutableRawSpan
  ) {
    precondition(
      [1, 2, 4, 8, 16].contains(elementByteCount) && range.lowerBound >= 0
        && range.upperBound <= layout.elementCount
        && target.byteCount == range.count * elementByteCount
        && source.byteCount / elementByteCount >= layout.extent,
      "the view, its source and the target do not fit each other")
    // SAFETY: every element of the view lies in `source`, and `target` holds the range: checked above.
    unsafe source.withUnsafeBytes { input in
      unsafe target.withUnsafeMutableBytes { output in
        unsafe ck_gather(
          input.baseAddress, elementByteCount, layout.extents.count, layout.extents, layout.strides,
          range.lowerBound, range.count, output.baseAddress)
      }
    }
  }
}
