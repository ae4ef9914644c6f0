internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Safetensors round trip` {
  /// Files that the reference writer wrote, with at most one entry of metadata.
  static let written =
    Fixtures.manifest("safetensors").map(\.file).filter {
      $0.hasPrefix("dtypes/") && $0.contains("dtypes/F6") == false && !$0.contains("sub-byte")
        || $0.hasPrefix("hub-single") || $0.hasSuffix("name-order.safetensors")
        || $0.hasSuffix("layers.safetensors")
    }.filter { $0.hasSuffix(".safetensors") }

  @Test(arguments: written)
  func `gives the reference writer's header, whatever the order`(file: String) throws {
    let path = Fixtures.path("safetensors/\(file)")
    let bytes = try Fixtures.bytes("safetensors/\(file)")
    let checkpoint = try SafetensorsFormat.read(
      try RandomAccessFile(path: path), options: ReadOptions())
    let entries = checkpoint.entries.reversed()
    let layout = try SafetensorsHeader.encode(
      entries.map { .init(name: $0.name, dtype: $0.tensor.dtype, shape: $0.tensor.shape) },
      metadata: checkpoint.metadata.isEmpty ? nil : checkpoint.metadata, file: "out")
    #expect(layout.bytes == Array(bytes.prefix(layout.bytes.count)))
    #expect(layout.fileByteCount == bytes.count)
    for (entry, range) in zip(entries, layout.ranges) {
      #expect(entry.tensor.fileRange?.byteOffset == range.lowerBound)
      #expect(entry.tensor.byteCount == range.count)
    }
  }

  @Test func `has files to go by`() { #expect(Self.written.count >= 20) }
}
