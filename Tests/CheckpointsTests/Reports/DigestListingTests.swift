import TensorStorage
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct `Digest listing` {
  static let limits = WorkLimits(threadCount: 2, memoryByteCount: 1 << 20)

  static func listing(_ tensors: [(String, LazyTensor)]) throws -> DigestListing {
    try DigestListing(of: try Made.checkpoint(tensors), limits: limits, observer: .none)
  }

  // Made with Python's hashlib and numpy from the definition in ContentDigest's documentation.
  @Test(
    arguments: [
      (
        [2, 3], [1, 2, 3, 4, 5, 6],
        "263291421865f33bd4937e19cc428455148d9ca93a3303abcc5624e09beaaf67"
      ),
      ([], [1], "863fc98600c53733d2cd40fea3adf93ec2b6425108763a72c83057e764db8100"),
      ([0, 4], [], "e72dd06a49ecb9ff7961053e180b8a2b0fb695194f60cc59edb98af4f5fee679"),
    ] as [([Int], [Float], String)])
  func `is what a third party computes`(shape: [Int], values: [Float], digest: String) throws {
    let listing = try Self.listing([("w", try Made.floats(shape, values))])
    #expect(listing.tensors.map(\.digest.hexadecimal) == [digest])
  }

  @Test func `has the digest of its own lines at the end`() throws {
    let listing = try Self.listing([
      ("b", try Made.floats([1], [1])), ("a\n\\é", try Made.floats([], [2])),
    ])
    let lines = listing.lines
    #expect(lines.count == 3)
    #expect(lines[0].hasSuffix("  a\\x0A\\x5C\\xC3\\xA9"))
    #expect(lines[1].hasSuffix("  b"))
    let text = lines.dropLast().map { $0 + "\n" }.joined()
    #expect(lines[2] == sha256(Array(text.utf8)) + "  (checkpoint)")
  }

  @Test func `does not change with order, views, sharing or threads`() throws {
    let values: [Float] = (0..<60_000).map { Float($0) }
    let packed = try Made.floats([300, 200], values)
    let turned = (0..<200).flatMap { column in (0..<300).map { values[$0 * 200 + column] } }
    let storage = try Made.floats([200, 300], turned).storage
    let strided = try Made.tensor(.f32, [300, 200], storage: storage, strides: [1, 300])
    let expected = try Self.listing([("a", packed), ("b", packed)])
    let others = try [
      [("b", packed), ("a", strided)], [("a", strided), ("b", strided)],
      [("b", Made.floats([300, 200], values)), ("a", packed)],
    ]
    for tensors in others { #expect(try Self.listing(tensors).lines == expected.lines) }
  }

  @Test func `changes with dtype, shape, name and every bit`() throws {
    let base = try Self.listing([("a", try Made.tensor(.f32, [2], bits: [0, 1] as [UInt32]))])
    let others = try [
      [("a", Made.tensor(.i32, [2], bits: [0, 1] as [UInt32]))],
      [("a", Made.tensor(.f32, [2, 1], bits: [0, 1] as [UInt32]))],
      [("b", Made.tensor(.f32, [2], bits: [0, 1] as [UInt32]))],
      [("a", Made.tensor(.f32, [2], bits: [0x8000_0000, 1] as [UInt32]))],
    ]
    for tensors in others {
      #expect(try Self.listing(tensors).checkpoint != base.checkpoint)
    }
  }

  @Test func `is read back from its lines and says what differs`() throws {
    let folder = try TemporaryDirectory()
    let one = try Made.floats([1], [1])
    let kept = try Self.listing([("a", one), ("b\n", one), ("c", one)])
    let path = try folder.write(Array((kept.lines.joined(separator: "\n") + "\n").utf8), to: "l")
    let again = try DigestListing(path: path)
    #expect(again.lines == kept.lines)
    #expect(kept.differences(from: again).isEmpty)
    let found = try Self.listing([("a", try Made.floats([1], [2])), ("c", one), ("d", one)])
    let differences = found.differences(from: again)
    #expect(differences.changed == ["a"])
    #expect(differences.missing == ["b\n"])
    #expect(differences.extra == ["d"])
  }

  static let digest = String(repeating: "0", count: 64)

  @Test(
    arguments: [
      ("", .noCheckpointLine),
      ("\(digest)  a\n", .noCheckpointLine),
      ("\(digest)  a\n\(digest)  (checkpoint)\n", .wrongCheckpointLine(line: 2)),
      ("\(digest) a\n\(digest)  (checkpoint)\n", .invalidDigestLine(line: 1)),
      ("xyz\n\(digest)  (checkpoint)\n", .invalidDigestLine(line: 1)),
      ("\(digest)  a\\x4\n\(digest)  (checkpoint)\n", .invalidDigestLine(line: 1)),
      ("\(digest)  a\n\n\(digest)  a\n\(digest)  (checkpoint)", .duplicateName(line: 3, name: "a")),
    ] as [(String, ListingFault)])
  func `refuses text that is no listing`(text: String, fault: ListingFault) throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(Array(text.utf8), to: "l")
    #expect(throws: FormatError(file: path, .listing(fault))) { try DigestListing(path: path) }
  }
}
