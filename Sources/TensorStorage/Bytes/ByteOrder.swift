/// Byte orders: files of big-endian machines are read too.
public enum ByteOrder {
  /// Reverses each unit of `unitByteCount` bytes in place.
  ///
  /// - Precondition: `unitByteCount` is 1, 2, 4, 8 or 16 and divides the length of `bytes`.
  public static func swapUnits(of unitByteCount: Int, in bytes: inout MutableRawSpan) {
    preconditionFailure("not built yet")
  }
}
