internal import Crypto
internal import TensorStorage

/// A SHA-256 digest of what a tensor or a checkpoint holds, whatever file it is in.
///
/// **Of a tensor**: the digest of one line of text followed by the tensor's bytes. The line is the dtype's
/// safetensors name, a space, the extents in decimal separated by commas, and a line feed: `F32 2,3\n`;
/// for a scalar `F32 \n`. The bytes are the elements in row-major order, packed, little-endian (real before
/// imaginary part; elements of less than a byte from the lowest bit up). In Python, for a numpy array:
///
///     hashlib.sha256(f"F32 {','.join(map(str, a.shape))}\n".encode() + a.tobytes()).hexdigest()
///
/// **Of a checkpoint**: the digest of its listing, `DigestListing`, which has a line for each tensor.
package struct ContentDigest: Hashable, Sendable {
  /// The 32 bytes.
  package let bytes: [UInt8]

  /// The digest that these 64 hexadecimal digits stand for; nil if they do not.
  package init?(hexadecimal digits: some StringProtocol) {
    let values = digits.utf8.map { Self.value(ofDigit: $0) }
    guard values.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for position in stride(from: 0, to: 64, by: 2) {
      guard let high = values[position], let low = values[position + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  init(_ digest: SHA256.Digest) { bytes = Array(digest) }

  /// The 64 hexadecimal digits, in lower case.
  package var hexadecimal: String {
    let digits = bytes.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }
    return String(decoding: digits, as: UTF8.self)
  }

  private static let digits = Array("0123456789abcdef".utf8)

  private static func value(ofDigit digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x41 + 10
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }
}

extension ContentDigest {
  /// The digest of `bytes` as they are.
  package static func ofBytes(_ bytes: [UInt8]) -> ContentDigest {
    ContentDigest(SHA256.hash(data: bytes))
  }

  /// The digest of a tensor, read in tiles of `tileByteCount`; `didRead` is told the bytes of each.
  static func of(
    _ tensor: LazyTensor, tileByteCount: Int, didRead: (Int) throws(FileError) -> Void
  ) throws(FileError) -> ContentDigest {
    var hash = SHA256()
    let extents = tensor.shape.map(String.init).joined(separator: ",")
    hash.update(data: Array("\(tensor.dtype.name) \(extents)\n".utf8))
    try TensorTiles.forEach(of: tensor, byteCount: tileByteCount) { tile, _ throws(FileError) in
      // SAFETY: the buffer is only read, within the closure.
      unsafe tile.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
      try didRead(tile.byteCount)
    }
    return ContentDigest(hash.finalize())
  }
}
