package import TensorStorage

/// A run of bytes of an output file.
package struct FileSegment: Sendable {
  /// Where it begins in the file.
  package var byteOffset: Int
  /// How many bytes it has.
  package var byteCount: Int
  /// What it consists of.
  package var content: Content

  /// Where the bytes of a segment come from.
  package enum Content: Sendable {
    /// They are known already.
    case bytes([UInt8])
    /// The elements of a tensor, as they are read: row-major, packed, little-endian, cast.
    case tensor(LazyTensor)
    /// The part of a zip that depends on checksums of other segments.
    case checksums
  }
}
