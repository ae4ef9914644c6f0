internal import TensorStorage
internal import TestSupport
internal import Testing

@testable internal import Checkpoints

@Suite struct `Torch archive layout` {
  /// Files that torch 2.15 wrote.
  static let files = [
    "models/encoder.pt", "models/model.pt", "models/tied.pt", "models/xtransformer.pt",
    "torch/dtypes/BOOL.pt", "torch/shapes/empty-and-0d.pt", "torch/shapes/empty-dict.pt",
    "torch/views/f32.pt",
  ]

  @Test(arguments: files)
  func `makes torch's file again from its records`(name: String) throws {
    let file = try RandomAccessFile(path: Fixtures.path(name))
    let original = try file.bytes(at: 0, count: file.byteCount)
    let archive = try ZipArchive(file)
    let root = try #require(archive.records.first).name.prefix { $0 != "/" }
    var layout = TorchArchiveLayout(root: String(root), storageCount: 1)
    for record in archive.records {
      let name = String(record.name.dropFirst(root.count + 1))
      if name == "version" || name == SerializationID.recordName { continue }
      if name.hasPrefix("data/") {
        let source = archive.source(of: record)
        let tensor = try #require(
          LazyTensor(dtype: .u8, shape: [source.byteCount], storage: Storage(source)))
        try layout.append(name, tensor, owner: nil)
      } else {
        try layout.append(name, try archive.contents(of: record, limit: 1 << 20))
      }
    }
    #expect(try layout.finish().segments.materialized() == original)
  }
}

@Suite struct `Serialization id` {
  @Test(
    arguments: [
      ("data.pkl", 4_941_642_132_189_851_806), ("data/0", 476_597_642_816_643_211),
      ("version", 1_565_691_551_459_181_974),
      (".data/serialization_id", 6_612_201_020_302_693_182),
    ] as [(String, UInt64)])
  func `hashes names as GNU's library does`(name: String, expected: UInt64) {
    #expect(SerializationID.hash(of: name) == expected)
  }
}
