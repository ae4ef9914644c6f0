internal import Checkpoints
internal import TestSupport

extension `A zip archive that lies` {
  static let locals: [ZipLie] = [
    ZipLie("without a local header", at: second, .noLocalHeader("m/data/0")) {
      $0.records[1].localSignature = 0x0403_4B51
    },
    ZipLie(
      "with another name in a local header", at: second,
      .nameDiffers(record: "m/data/0", local: "m/data/1")
    ) { $0.records[1].local.name = Array("m/data/1".utf8) },
    ZipLie(
      "with another method in a local header", at: second,
      .methodDiffers(record: "m/data/0", local: 0, directory: 8)
    ) { $0.records[1].local.method = 0 },
    ZipLie(
      "with encryption in a local header only", at: third,
      .flagsDiffer(record: "m/version", local: 1, directory: 0)
    ) { $0.records[2].local.flags = 1 },
    ZipLie(
      "with a descriptor in the directory only", at: third,
      .flagsDiffer(record: "m/version", local: 0, directory: 8)
    ) { $0.records[2].central.flags = 8 },
    ZipLie(
      "with another size in a local header", at: third,
      .sizeDiffers(record: "m/version", local: 3, directory: 2)
    ) { $0.records[2].local.byteCount = 3 },
    ZipLie(
      "with another compressed size in a local header", at: second,
      .sizeDiffers(record: "m/data/0", local: 3, directory: 184)
    ) { $0.records[1].local.compressedByteCount = 3 },
    ZipLie(
      "with another checksum in a local header", at: third, .checksumDiffers("m/version")
    ) { $0.records[2].local.crc32 = 7 },
    ZipLie(
      "with a false size before a descriptor", at: 0,
      .sizeDiffers(record: "m/data.pkl", local: 9, directory: 4)
    ) { $0.records[0].local.byteCount = 9 },
    ZipLie(
      "with a false checksum before a descriptor", at: 0, .checksumDiffers("m/data.pkl")
    ) { $0.records[0].local.crc32 = 7 },
    ZipLie(
      "with another size in a local zip64 field", at: third,
      .sizeDiffers(record: "m/version", local: 9, directory: 2)
    ) {
      $0.records[2].local.byteCount = .max
      $0.records[2].local.compressedByteCount = .max
      $0.records[2].local.extra =
        [1, 0, 16, 0] + littleEndian(9 as UInt64) + littleEndian(2 as UInt64)
    },
    ZipLie(
      "with a local size that no zip64 field tells", at: third,
      .sizeDiffers(record: "m/version", local: 0xFFFF_FFFF, directory: 2)
    ) { $0.records[2].local.byteCount = .max },
    ZipLie(
      "with local extra fields too long", at: third, .extraField(record: "m/version")
    ) {
      $0.records[2].local.byteCount = .max
      $0.records[2].local.extra = [1, 0, 200, 0]
    },
    ZipLie(
      "with another checksum in a descriptor", at: 44, .descriptorDiffers("m/data.pkl")
    ) { $0.records[0].descriptor[4] ^= 1 },
    ZipLie("with another size in a descriptor", at: 44, .descriptorDiffers("m/data.pkl")) {
      $0.records[0].descriptor[15] ^= 1
    },
    ZipLie("with a descriptor of another kind", at: 44, .descriptorDiffers("m/data.pkl")) {
      $0.records[0].descriptor[0] = 0
    },
    ZipLie("without the descriptor announced", at: 44, .descriptorDiffers("m/data.pkl")) {
      $0.records[0].descriptor = []
    },
  ]

  static let layouts: [ZipLie] = [
    ZipLie(
      "with two entries for one place", at: second, .overlap("m/data/0", "m/version")
    ) { $0.records[2].headerOffset = UInt32(second) },
    ZipLie(
      "with a record inside another", at: second + 50, .overlap("m/data/0", "m/version")
    ) { $0.records[2].headerOffset = UInt32(second + 50) },
    ZipLie(
      "with a record inside a local header", at: second + 33, .overlap("m/data/0", "m/version")
    ) { $0.records[2].headerOffset = UInt32(second + 33) },
    ZipLie("with a hidden record", at: third, .hiddenRecord("m/version")) {
      $0.records.insert(ZipBuilder.Record("m/version", Array("9\n".utf8)), at: 2)
      $0.directoryOrder = [0, 1, 3]
    },
    ZipLie("with a hidden record behind a descriptor", at: second, .hiddenRecord("m/x")) {
      $0.records.insert(ZipBuilder.Record("m/x", [1]), at: 1)
      $0.directoryOrder = [0, 2, 3]
    },
    ZipLie("with a hidden record in front", at: 0, .hiddenRecord("other/data.pkl")) {
      $0.records.insert(ZipBuilder.Record("other/data.pkl", [1]), at: 0)
      $0.directoryOrder = [1, 2, 3]
    },
    ZipLie("with a hidden record behind all", at: directory, .hiddenRecord("m/x")) {
      $0.records.append(ZipBuilder.Record("m/x", [1]))
      $0.directoryOrder = [0, 1, 2]
    },
    ZipLie("with only hidden records", at: 0, .hiddenRecord("m/data.pkl")) {
      $0.directoryOrder = []
    },
    ZipLie("with bytes between records", at: third, .strayBytes(count: 40)) {
      $0.records[2].gapBefore = [UInt8](repeating: 0, count: 40)
    },
    ZipLie("with a few bytes between records", at: third, .strayBytes(count: 1)) {
      $0.records[2].gapBefore = [0]
    },
    ZipLie("with bytes behind a descriptor", at: 44, .strayBytes(count: 17)) {
      $0.records[1].gapBefore = [0]
    },
    ZipLie("with bytes in front of the first record", at: 0, .strayBytes(count: 4)) {
      $0.records[0].gapBefore = [0x50, 0x4B, 3, 4]
    },
    ZipLie("with bytes before the directory", at: directory, .strayBytes(count: 4)) {
      $0.beforeDirectory = [1, 2, 3, 4]
    },
    ZipLie(
      "with a record in the directory's place", at: directory + 10,
      .recordOutside("m/version", offset: directory + 10)
    ) { $0.records[2].headerOffset = UInt32(directory + 10) },
    ZipLie(
      "with a record that reaches into the directory", at: third,
      .recordOutside("m/version", offset: directory)
    ) {
      $0.records[2].setBoth {
        $0.byteCount = 10
        $0.compressedByteCount = 10
      }
    },
  ]
}
