internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

/// An archive that two readers would understand differently, and the one error it deserves.
struct ZipLie: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let byteOffset: Int?
  let fault: ZipFault

  init(
    _ description: String, at byteOffset: Int?, _ fault: ZipFault,
    _ change: (inout ZipBuilder) -> Void
  ) {
    testDescription = description
    bytes = ZipBuilder.sample.with(change).bytes()
    self.byteOffset = byteOffset
    self.fault = fault
  }
}

@Suite struct `A zip archive that lies` {
  static let sample = ZipBuilder.sample
  static let second = sample.headerOffset(of: 1)
  static let third = sample.headerOffset(of: 2)
  static let directory = sample.directoryOffset
  static let centralByteCount = 46 + 10
  static let end = sample.bytes().count - 22

  @Test(arguments: endings + directories + locals + layouts)
  func `is refused`(lie: ZipLie) {
    #expect(throws: FormatError(file: "a.zip", byteOffset: lie.byteOffset, .zip(lie.fault))) {
      try ZipArchive.opened(lie.bytes) { _ in }
    }
  }
}
