internal import Checkpoints
internal import TestSupport

extension `A zip archive that lies` {
  static let directories: [ZipLie] = [
    ZipLie("with a record without a name", at: directory - 10, .emptyName) {
      $0.records[0].setBoth { $0.name = [] }
    },
    ZipLie("with a NUL in a name", at: directory, .nulInName("m/data\0pkl")) {
      $0.records[0].setBoth { $0.name = Array("m/data\0pkl".utf8) }
    },
    ZipLie(
      "with two records of one name", at: directory + 1 + 46 + 10 + 46 + 8,
      .duplicateName("m/data.pkl")
    ) { $0.records[2].setBoth { $0.name = Array("m/data.pkl".utf8) } },
    ZipLie(
      "with names that differ in case", at: directory + 1 + 46 + 10 + 46 + 8,
      .caseTwins("m/data.pkl", "m/Data.pkl")
    ) { $0.records[2].setBoth { $0.name = Array("m/Data.pkl".utf8) } },
    ZipLie("with an encrypted record", at: directory, .encrypted("m/data.pkl")) {
      $0.records[0].setBoth { $0.flags |= 1 }
    },
    ZipLie("with a strongly encrypted record", at: directory, .encrypted("m/data.pkl")) {
      $0.records[0].setBoth { $0.flags |= 1 << 6 }
    },
    ZipLie("with a patch", at: directory, .unknownFlags(record: "m/data.pkl", flags: 0x28)) {
      $0.records[0].setBoth { $0.flags |= 1 << 5 }
    },
    ZipLie("with an LZMA record", at: directory, .method(record: "m/data.pkl", method: 14)) {
      $0.records[0].setBoth { $0.method = 14 }
    },
    ZipLie(
      "with a stored record of two sizes", at: directory,
      .impossibleSizes(
        record: "m/data.pkl", isStored: true, compressedByteCount: 4, byteCount: 5)
    ) { $0.records[0].setBoth { $0.byteCount = 5 } },
    ZipLie(
      "with a record no deflater could make", at: directory + 56,
      .impossibleSizes(
        record: "m/data/0", isStored: false, compressedByteCount: 184,
        byteCount: 185 * 1032)
    ) { $0.records[1].setBoth { $0.byteCount = 185 * 1032 } },
    ZipLie(
      "with a folder that has bytes", at: directory,
      .folderWithBytes(record: "m/data.pk/", byteCount: 4)
    ) { $0.records[0].setBoth { $0.name = Array("m/data.pk/".utf8) } },
    ZipLie("with a storage marked as a folder", at: directory + 56, .folderAttribute("m/data/0")) {
      $0.records[1].externalAttributes = 0x10
    },
    ZipLie("with a storage that is a link", at: directory + 56, .symbolicLink("m/data/0")) {
      $0.records[1].madeBy = 0x0314
      $0.records[1].externalAttributes = 0o120777 << 16
    },
    ZipLie("with a record on another disk", at: directory, .severalDisks) {
      $0.records[0].disk = 1
    },
    ZipLie("with an extra field too long", at: directory, .extraField(record: "m/data.pkl")) {
      $0.records[0].central.extra = [1, 0, 9, 0, 0]
    },
    ZipLie("with two zip64 fields", at: directory, .zip64Extra(record: "m/data.pkl")) {
      $0.records[0].central.extra = [1, 0, 0, 0, 1, 0, 0, 0]
    },
    ZipLie("with a zip64 field of another size", at: directory, .zip64Extra(record: "m/data.pkl")) {
      $0.records[0].central.extra = [1, 0, 8, 0] + littleEndian(9 as UInt64)
    },
    ZipLie(
      "with a zip64 field that lacks the size", at: directory,
      .zip64Extra(record: "m/data.pkl")
    ) {
      $0.records[0].central.byteCount = .max
      $0.records[0].central.compressedByteCount = .max
      $0.records[0].central.extra = [1, 0, 8, 0] + littleEndian(4 as UInt64)
    },
    ZipLie("with a size beyond all numbers", at: directory, .zip64Extra(record: "m/data.pkl")) {
      $0.records[0].central.byteCount = .max
      $0.records[0].central.extra = [1, 0, 8, 0] + littleEndian(UInt64.max)
    },
  ]
}
