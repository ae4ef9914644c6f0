internal import Checkpoints
internal import TestSupport

extension `A zip archive that lies` {
  static let endings: [ZipLie] = [
    ZipLie("about its end", at: end + 22, .bytesAfterEnd(count: 3)) { $0.suffix = [1, 2, 3] },
    ZipLie("about its comment", at: end + 22, .bytesAfterEnd(count: 1)) { $0.suffix = [0] },
    ZipLie(
      "with an end record in its comment", at: end + 22,
      .twoEndRecords(first: end, second: end + 22)
    ) { $0.end.comment = ZipBuilder().bytes() },
    ZipLie("as the last of two disks", at: end, .severalDisks) { $0.end.disk = 1 },
    ZipLie("with a directory on another disk", at: end, .severalDisks) { $0.end.directoryDisk = 1 },
    ZipLie("with records on another disk", at: end, .severalDisks) { $0.end.countOnDisk = 2 },
    ZipLie(
      "with a directory behind its end", at: end,
      .directoryOutside(offset: 1 << 20, byteCount: UInt64(end - directory), end: end)
    ) { $0.end.directoryOffset = 1 << 20 },
    ZipLie(
      "with a directory longer than the file", at: end,
      .directoryOutside(offset: UInt64(directory), byteCount: 0xFFFF_FFF0, end: end)
    ) { $0.end.directoryByteCount = 0xFFFF_FFF0 },
    ZipLie("with a script in front of it", at: 5, .prefixBytes(count: 5)) {
      $0.prefix = Array("#!sh\n".utf8)
    },
    ZipLie(
      "with another archive in front of it", at: end + 22,
      .gluedArchives(lastOffset: end + 22)
    ) { $0.prefix = sample.bytes() },
    ZipLie(
      "with bytes before its end record", at: end, .strayBytes(count: 4)
    ) { $0.afterDirectory = [0, 0, 0, 0] },
    ZipLie(
      "with more records than room", at: directory,
      .countTooLarge(declared: 900, directoryByteCount: end - directory)
    ) { $0.end.count = 900 },
    ZipLie("with fewer records than it lists", at: end - 51, .countTooSmall(declared: 2)) {
      $0.end.count = 2
    },
    ZipLie(
      "with a locator to another place", at: end + 56,
      .zip64RecordMoved(declared: 7, found: end)
    ) {
      $0.end.zip64 = ZipBuilder.Zip64()
      $0.end.zip64?.locatorOffset = 7
    },
    ZipLie("with a locator to nothing", at: end + 56, .zip64RecordMissing) {
      $0.end.zip64 = ZipBuilder.Zip64()
      $0.end.zip64?.signature = 0
    },
    ZipLie("with a zip64 record of another size", at: end, .zip64RecordSize(45)) {
      $0.end.zip64 = ZipBuilder.Zip64()
      $0.end.zip64?.byteCount = 45
    },
    ZipLie("with zip64 records on several disks", at: end, .severalDisks) {
      $0.end.zip64 = ZipBuilder.Zip64()
      $0.end.zip64?.disk = 1
    },
    ZipLie("with a locator on another disk", at: end + 56, .severalDisks) {
      $0.end.zip64 = ZipBuilder.Zip64()
      $0.end.zip64?.locatorDisk = 1
    },
    ZipLie(
      "with another count for zip64 readers", at: end + 76,
      .zip64Disagrees(what: "the number of records", classic: 2, zip64: 3)
    ) {
      $0.end.zip64 = ZipBuilder.Zip64()
      $0.end.count = 2
    },
    ZipLie(
      "with another directory for zip64 readers", at: end + 76,
      .zip64Disagrees(
        what: "the directory's offset", classic: 0, zip64: UInt64(directory))
    ) {
      $0.end.zip64 = ZipBuilder.Zip64()
      $0.end.directoryOffset = 0
    },
    ZipLie(
      "with a directory size for zip64 readers", at: end + 76,
      .zip64Disagrees(
        what: "the directory's size", classic: 1, zip64: UInt64(end - directory))
    ) {
      $0.end.zip64 = ZipBuilder.Zip64()
      $0.end.directoryByteCount = 1
    },
  ]
}
