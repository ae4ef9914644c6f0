internal import TestSupport
internal import Testing

@testable internal import TensorStorage

@Suite struct `Reading a tensor by bytes` {
  /// A cast, a gathered view, a plain tensor and one of two elements to the byte; some values overflow.
  private static func tensors() throws -> [LazyTensor] {
    let values = (0..<24).map { Float($0) * 4096 }
    let packed = try Made.floats([24], values)
    let view = try Made.tensor(
      .f32, [3, 4], storage: packed.storage, byteOffset: 4, strides: [1, 5])
    let bytes = Storage(MemoryBytes((0..<12).map { UInt8($0 * 17) }))
    return [
      packed, view, try #require(packed.cast(to: .f16)), try #require(view.cast(to: .f64)),
      try Made.tensor(.u8, [12], storage: bytes), try Made.tensor(.f4, [3, 8], storage: bytes),
    ]
  }

  private static func read(_ range: Range<Int>, of reader: inout TensorReader) throws -> [UInt8] {
    var buffer = TensorBytes(byteCount: range.count)
    var span = buffer.mutableBytes
    try reader.read(bytes: range, into: &span)
    return (0..<range.count).map { buffer.bytes.extracting($0..<($0 + 1)).byte(at: 0) }
  }

  @Test func `gives any range of the packed bytes`() throws {
    for tensor in try Self.tensors() {
      let whole = try tensor.read()
      for start in 0..<whole.count {
        for end in start...whole.count {
          var reader = try TensorReader(tensor)
          #expect(try Self.read(start..<end, of: &reader) == Array(whole[start..<end]))
        }
      }
    }
  }

  @Test func `reports each element once, wherever the ranges meet`() throws {
    let tensor = try #require(try Self.tensors()[0].cast(to: .f16))
    var whole = try TensorReader(tensor)
    _ = try Self.read(0..<tensor.byteCount, of: &whole)
    #expect(whole.report.overflowCount > 0)
    for step in 1...5 {
      var report = ConversionReport()
      for start in stride(from: 0, to: tensor.byteCount, by: step) {
        var reader = try TensorReader(tensor)
        _ = try Self.read(start..<min(start + step, tensor.byteCount), of: &reader)
        report.merge(reader.report)
      }
      #expect(report == whole.report)
    }
  }
}
