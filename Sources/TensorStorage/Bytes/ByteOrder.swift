internal import CKernels

/// Byte orders: files of big-endian machines are read too.
public enum ByteOrder {
  /// Reverses each unit of `unitByteCount` bytes in place.
  ///
  /// - Precondition: `unitByteCount` is 1, 2, 4, 8 or 16 and divides the length of `bytes`.
  public static func swapUnits(of unitByteCount: Int, in bytes: inout MutableRawSpan) {
    swapUnits(of: unitByteCount, in: &bytes, using: .best)
  }

  /// The same with a chosen version of the kernel.
  package static func swapUnits(
    of unitByteCount: Int, in bytes: inout MutableRawSpan, using instructions: Instructions
  ) {
    precondition(
      [1, 2, 4, 8, 16].contains(unitByteCount) && bytes.byteCount.isMultiple(of: unitByteCount),
      "the bytes are not units of \(unitByteCount)")
    if unitByteCount == 1 { return }
    // SAFETY: whole units, checked above.
    unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe ck_swap_at(
        instructions.level, buffer.baseAddress, unitByteCount, buffer.count / unitByteCount)
    }
  }
}
