internal import TensorStorage

/// The zip archive that `numpy.savez` writes through Python's `zipfile`, laid out to the byte.
///
/// Records are stored, without descriptors: each local header has the checksum, and a zip64 field whether it
/// needs one or not. The time of every record is the first that zip can tell, 1980-01-01.
struct NumpyArchiveLayout {
  private var list = SegmentList()
  private var records: [NumpyRecord] = []

  /// Adds an array: the bytes of its header, then its elements.
  mutating func append(
    _ name: String, header: [UInt8], _ tensor: LazyTensor, owner: Int?
  ) throws(PlanFault) {
    let record = NumpyRecord(
      name: Array("\(name).npy".utf8), headerOffset: list.byteCount,
      byteCount: header.count + tensor.byteCount)
    guard record.name.count <= Int(UInt16.max) else {
      throw .unwritableName(reason: "it is too long for a zip archive")
    }
    records.append(record)
    var parts = [list.segments.count + 1]
    if tensor.byteCount > 0 { parts.append(list.segments.count + 2) }
    let field = ChecksumField(segments: parts) { record.localHeader(Self.joined($0[...])) }
    try list.append(field, byteCount: record.localHeaderByteCount)
    try list.append(header)
    try list.append(tensor, owner: owner)
    records[records.count - 1].parts = parts
  }

  /// Adds the directory.
  mutating func finish() throws(PlanFault) -> SegmentList {
    let tail = NumpyArchiveTail(records: records, directoryOffset: list.byteCount)
    try list.append(
      ChecksumField(segments: records.flatMap(\.parts)) { tail.bytes(checksums: $0) },
      byteCount: tail.byteCount)
    return list
  }

  /// The checksum of a record: of its header, then of its elements.
  fileprivate static func joined(_ checksums: ArraySlice<CRC32>) -> UInt32 {
    var joined = CRC32()
    for checksum in checksums { joined.append(checksum) }
    return joined.value
  }
}

/// One record of an archive: its headers, as Python's `zipfile` writes them.
struct NumpyRecord: Sendable {
  /// The name in the archive.
  var name: [UInt8]
  /// Where its local header begins.
  var headerOffset: Int
  /// Bytes of its data.
  var byteCount: Int
  /// The segments of its data, as positions in the file's list.
  var parts: [Int] = []

  /// `zipfile` puts values above this into zip64 fields.
  private static let zip64Limit = 0x7FFF_FFFF
  private static let versionNeeded: UInt16 = 45
  private static let unix: UInt16 = 3
  private static let zip64ExtraIdentifier: UInt16 = 1
  /// 1980-01-01: year 0, month 1, day 1.
  private static let date: UInt16 = 1 << 5 | 1
  /// `-rw-------`, in the upper half.
  private static let attributes: UInt32 = 0o600 << 16

  private var flags: UInt16 { name.allSatisfy { $0 < 0x80 } ? 0 : ZipFlag.utf8 }

  /// Version, flags, method, time and date.
  private var common: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: Self.versionNeeded)
    bytes.append(littleEndian: flags)
    bytes.append(littleEndian: UInt16(0))  // stored
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: Self.date)
    return bytes
  }

  /// Bytes of the local header, its name and its zip64 field.
  var localHeaderByteCount: Int { ZipSize.localHeader + name.count + 20 }

  /// The local header, its name and its zip64 field.
  func localHeader(_ checksum: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipSignature.localHeader)
    bytes += common
    bytes.append(littleEndian: checksum)
    bytes.append(littleEndian: UInt64.max)  // both sizes are in the zip64 field
    bytes.append(littleEndian: UInt16(name.count))
    bytes.append(littleEndian: UInt16(20))
    bytes += name
    bytes.append(littleEndian: Self.zip64ExtraIdentifier)
    bytes.append(littleEndian: UInt16(16))
    bytes.append(littleEndian: UInt64(byteCount))
    bytes.append(littleEndian: UInt64(byteCount))
    return bytes
  }

  private var isLarge: Bool { byteCount > Self.zip64Limit }
  private var isFar: Bool { headerOffset > Self.zip64Limit }

  private var centralExtra: [UInt8] {
    var fields: [UInt8] = []
    if isLarge {
      fields.append(littleEndian: UInt64(byteCount))
      fields.append(littleEndian: UInt64(byteCount))
    }
    if isFar { fields.append(littleEndian: UInt64(headerOffset)) }
    if fields.isEmpty { return [] }
    var extra: [UInt8] = []
    extra.append(littleEndian: Self.zip64ExtraIdentifier)
    extra.append(littleEndian: UInt16(fields.count))
    return extra + fields
  }

  /// Bytes of its entry in the directory.
  var centralHeaderByteCount: Int { ZipSize.centralHeader + name.count + centralExtra.count }

  /// Its entry in the directory.
  func centralHeader(_ checksum: UInt32) -> [UInt8] {
    let extra = centralExtra
    let byteCount = isLarge ? UInt32.max : UInt32(self.byteCount)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipSignature.centralHeader)
    bytes.append(littleEndian: Self.unix << 8 | Self.versionNeeded)
    bytes += common
    bytes.append(littleEndian: checksum)
    bytes.append(littleEndian: byteCount)
    bytes.append(littleEndian: byteCount)
    bytes.append(littleEndian: UInt16(name.count))
    bytes.append(littleEndian: UInt16(extra.count))
    bytes += repeatElement(0, count: 6)  // comment, disk, internal attributes
    bytes.append(littleEndian: Self.attributes)
    bytes.append(littleEndian: isFar ? UInt32.max : UInt32(headerOffset))
    return bytes + name + extra
  }
}

/// The directory and the end of an archive, which all checksums decide.
struct NumpyArchiveTail: Sendable {
  /// Every record.
  var records: [NumpyRecord]
  /// Where the directory begins.
  var directoryOffset: Int

  /// `zipfile` writes zip64 records above these.
  private static let offsetLimit = 0x7FFF_FFFF
  private static let countLimit = 0xFFFF

  private var directoryByteCount: Int { records.reduce(0) { $0 + $1.centralHeaderByteCount } }

  private var end: ZipEndRecords {
    let directoryByteCount = directoryByteCount
    return ZipEndRecords(
      recordCount: records.count, directoryOffset: directoryOffset,
      directoryByteCount: directoryByteCount, madeBy: 45,
      isZip64: records.count > Self.countLimit || directoryOffset > Self.offsetLimit
        || directoryByteCount > Self.offsetLimit)
  }

  /// How many bytes there will be.
  var byteCount: Int { directoryByteCount + end.byteCount }

  /// The bytes, given the checksums of all parts of all records.
  func bytes(checksums: [CRC32]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    var first = 0
    for record in records {
      let parts = checksums[first..<(first + record.parts.count)]
      bytes += record.centralHeader(NumpyArchiveLayout.joined(parts))
      first += record.parts.count
    }
    end.append(to: &bytes)
    return bytes
  }
}
