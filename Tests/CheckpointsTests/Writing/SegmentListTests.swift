internal import Checkpoints
internal import Testing

@Suite struct `Segments of an output` {
  /// The headers of empty records stand side by side; joined by copying, 300,000 of them would never end.
  @Test func `are one where known bytes meet, however often`() throws {
    var list = SegmentList()
    let piece = (0..<97).map { UInt8($0) }
    for _ in 0..<300_000 { try list.append(piece) }
    #expect(list.segments.count == 1)
    #expect(list.byteCount == 97 * 300_000)
    guard case .bytes(let bytes) = list.segments[0].content else {
      Issue.record("the segment has no known bytes")
      return
    }
    #expect(bytes.count == list.byteCount && bytes.last == 96 && bytes[97 * 200_000] == 0)
  }
}
