internal import TensorStorage
internal import Testing

@Suite struct `Byte order` {
  @Test(arguments: [1, 2, 4, 8, 16], Instructions.available)
  func `is reversed unit by unit`(width: Int, instructions: Instructions) {
    for count in 0..<70 {
      let bytes = (0..<width * count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
      let expected = (0..<count).flatMap { bytes[$0 * width..<($0 + 1) * width].reversed() }
      var swapped = bytes
      swapped.withMutableRawBytes {
        ByteOrder.swapUnits(of: width, in: &$0, using: instructions)
      }
      #expect(swapped == expected)
    }
  }
}
