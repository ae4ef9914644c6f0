internal import CKernels

/// The checksum of zip and gzip: CRC-32, polynomial 0xEDB88320 reflected.
public struct CRC32: Hashable, Sendable {
  /// The checksum of the bytes so far; 0 for none.
  public private(set) var value: UInt32
  /// How many bytes it is the checksum of.
  public private(set) var byteCount: Int

  /// The checksum of no bytes.
  public init() { (value, byteCount) = (0, 0) }

  /// Continues over `bytes`.
  public mutating func update(_ bytes: RawSpan) { update(bytes, using: .best) }

  /// The same with a chosen version of the kernel.
  package mutating func update(_ bytes: RawSpan, using instructions: Instructions) {
    // SAFETY: the pointer is used within the closure only.
    value = unsafe bytes.withUnsafeBytes { buffer in
      unsafe ck_crc32_at(instructions.level, value, buffer.baseAddress, buffer.count)
    }
    byteCount += bytes.byteCount
  }

  /// Continues over bytes of which only the checksum is at hand.
  ///
  /// O(log byteCount).
  public mutating func append(_ next: CRC32) {
    value = ck_crc32_combine(value, next.value, UInt64(next.byteCount))
    byteCount += next.byteCount
  }
}
