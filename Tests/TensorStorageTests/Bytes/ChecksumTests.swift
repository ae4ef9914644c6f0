internal import TensorStorage
internal import Testing

@Suite struct `CRC-32` {
  /// Published check values, and zlib's for the rest.
  @Test(arguments: [
    ("", 0 as UInt32), ("a", 0xE8B7_BE43), ("abc", 0x3524_41C2), ("123456789", 0xCBF4_3926),
    ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
  ])
  func `has the published values`(text: String, expected: UInt32) {
    var checksum = CRC32()
    checksum.update(Array(text.utf8).rawBytes)
    #expect(checksum.value == expected)
    #expect(checksum.byteCount == text.utf8.count)
  }

  /// The same polynomial, a bit at a time.
  private func naive(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var state = ~(0 as UInt32)
    for byte in bytes {
      state ^= UInt32(byte)
      for _ in 0..<8 { state = state >> 1 ^ (state & 1 == 0 ? 0 : 0xEDB8_8320) }
    }
    return ~state
  }

  @Test(arguments: Instructions.available)
  func `is the same by every version, at any length and alignment`(instructions: Instructions) {
    let bytes = (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3 &+ $0) }
    let lengths = Array(0..<150) + [255, 256, 257, 319, 320, 511, 512, 600, 1023, 1536, 1900]
    for start in [0, 1, 7, 64] {
      for length in lengths {
        let part = bytes[start..<start + length]
        var checksum = CRC32()
        checksum.update([UInt8](part[..<(start + length / 3)]).rawBytes, using: instructions)
        checksum.update([UInt8](part[(start + length / 3)...]).rawBytes, using: instructions)
        #expect(checksum.value == naive(part), "\(length) bytes from \(start)")
      }
    }
  }

  @Test func `of two parts joined is that of the whole, wherever it is cut`() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ 7) }
    var whole = CRC32()
    whole.update(bytes.rawBytes)
    for cut in 0...bytes.count {
      var (first, second) = (CRC32(), CRC32())
      first.update([UInt8](bytes[..<cut]).rawBytes)
      second.update([UInt8](bytes[cut...]).rawBytes)
      first.append(second)
      #expect(first == whole, "cut at \(cut)")
    }
  }
}
