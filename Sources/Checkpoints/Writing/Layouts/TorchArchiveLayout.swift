internal import TensorStorage

/// The zip archive that `torch.save` of torch 2.15 writes, laid out to the byte.
///
/// What it must get right, in order: every byte is the one that torch's writer (miniz, patched) puts there,
/// its zip64 quirks included; sizes and offsets are known before a tensor is read; only checksums are not.
struct TorchArchiveLayout {
  /// The segments of a storage: its header, its bytes, its descriptor.
  private static let segmentsPerStorage = 3
  /// Those of all other records, and the directory.
  private static let otherSegmentCount = 8

  private var list: SegmentList
  private var records: [TorchRecord] = []
  private let root: String

  /// An archive whose records lie in the folder `root`, with room for so many storages.
  init(root: String, storageCount: Int) {
    self.root = root
    list = SegmentList(
      capacity: storageCount * Self.segmentsPerStorage + Self.otherSegmentCount)
  }

  /// Adds a record of known bytes.
  mutating func append(_ name: String, _ bytes: [UInt8]) throws(PlanFault) {
    try beginRecord(name, byteCount: bytes.count)
    var checksum = CRC32()
    checksum.update(bytes.rawBytes)
    records[records.count - 1].checksum = .known(checksum.value)
    if bytes.isEmpty { return }
    try list.append(bytes + records[records.count - 1].descriptor(checksum.value))
  }

  /// Adds a record whose bytes are a tensor's.
  mutating func append(_ name: String, _ tensor: LazyTensor, owner: Int?) throws(PlanFault) {
    try beginRecord(name, byteCount: tensor.byteCount)
    guard let segment = try list.append(tensor, owner: owner) else { return }
    records[records.count - 1].checksum = .ofSegment(segment)
    let record = records[records.count - 1]
    let descriptor = ChecksumField(segments: [segment]) { record.descriptor($0[0].value) }
    try list.append(descriptor, byteCount: record.descriptorByteCount)
  }

  /// Adds `version`, the serialization id and the directory.
  mutating func finish() throws(PlanFault) -> SegmentList {
    try append("version", Array("3\n".utf8))
    try beginRecord(SerializationID.recordName, byteCount: SerializationID.digitCount)
    let tail = TorchArchiveTail(records: records, directoryOffset: directoryOffset)
    let segments = records.compactMap(\.checksum.segment)
    try list.append(
      ChecksumField(segments: segments) { tail.bytes(checksums: $0.map(\.value)) },
      byteCount: tail.byteCount)
    return list
  }

  /// Where the directory will begin, once the header of the last record is there.
  private var directoryOffset: Int {
    list.byteCount + SerializationID.digitCount + records[records.count - 1].descriptorByteCount
  }

  private mutating func beginRecord(_ name: String, byteCount: Int) throws(PlanFault) {
    let record = TorchRecord(
      name: name, path: Array("\(root)/\(name)".utf8), headerOffset: list.byteCount,
      byteCount: byteCount)
    guard record.path.count <= Int(UInt16.max) else {
      throw .unwritableName(reason: "the file's name is too long for a zip archive")
    }
    records.append(record)
    try list.append(record.localHeader)
  }
}

/// One record of an archive: its headers, as miniz writes them in torch's configuration.
struct TorchRecord: Sendable {
  /// The name without the archive's root folder.
  var name: String
  /// The name in the archive.
  var path: [UInt8]
  /// Where its local header begins.
  var headerOffset: Int
  /// Bytes of its data.
  var byteCount: Int
  /// The checksum of its data.
  var checksum = Checksum.known(0)

  /// Where a checksum comes from.
  enum Checksum: Sendable {
    case known(UInt32)
    case ofSegment(Int)

    var segment: Int? { if case .ofSegment(let segment) = self { segment } else { nil } }
  }

  /// What a field of 32 bits holds when the value is in the zip64 extra field.
  private static let overflowed = 0xFFFF_FFFF
  /// torch pads every record, so that storages can be mapped and read by vector instructions.
  private static let alignment = 64
  /// Bytes of an extra field's identifier and length.
  private static let extraHeaderByteCount = 4
  private static let zip64ExtraIdentifier: UInt16 = 1

  private var isLarge: Bool { byteCount >= Self.overflowed }
  private var isFar: Bool { headerOffset >= Self.overflowed }
  private var needsZip64: Bool { isLarge || isFar }

  /// UTF-8 names always; a descriptor unless there is nothing to describe.
  private var flags: UInt16 {
    byteCount > 0 ? ZipFlag.utf8 | ZipFlag.dataDescriptor : ZipFlag.utf8
  }

  /// The local header with its name and padding: the data begin behind it, at a multiple of 64.
  var localHeader: [UInt8] {
    var extra = localZip64Extra
    let start =
      headerOffset + ZipSize.localHeader + path.count + extra.count + Self.extraHeaderByteCount
    let padding = (Self.alignment - start % Self.alignment) % Self.alignment
    extra += Array("FB".utf8)
    extra.append(littleEndian: UInt16(padding))
    extra += repeatElement(UInt8(ascii: "Z"), count: padding)

    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipSignature.localHeader)
    bytes.append(littleEndian: UInt16(0))  // version needed
    bytes.append(littleEndian: flags)
    bytes.append(littleEndian: UInt16(0))  // stored
    bytes.append(littleEndian: UInt32(0))  // no time, no date
    bytes.append(littleEndian: UInt32(0))  // the checksum and the sizes are in the descriptor
    bytes.append(littleEndian: UInt64(0))
    bytes.append(littleEndian: UInt16(path.count))
    bytes.append(littleEndian: UInt16(extra.count))
    return bytes + path + extra
  }

  /// miniz writes a compressed size of 0 here, and an offset that has no place in a local header.
  private var localZip64Extra: [UInt8] {
    var fields: [UInt8] = []
    if isLarge {
      fields.append(littleEndian: UInt64(byteCount))
      fields.append(littleEndian: UInt64(0))
    }
    if isFar { fields.append(littleEndian: UInt64(headerOffset)) }
    return Self.extra(fields)
  }

  private static func extra(_ fields: [UInt8]) -> [UInt8] {
    if fields.isEmpty { return [] }
    var extra: [UInt8] = []
    extra.append(littleEndian: zip64ExtraIdentifier)
    extra.append(littleEndian: UInt16(fields.count))
    return extra + fields
  }

  /// Bytes of what follows the data.
  var descriptorByteCount: Int { byteCount == 0 ? 0 : needsZip64 ? 24 : 16 }

  /// What follows the data: the checksum and both sizes, in 64 bits for a record with a zip64 field.
  func descriptor(_ checksum: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipSignature.dataDescriptor)
    bytes.append(littleEndian: checksum)
    for _ in 0..<2 {
      if needsZip64 {
        bytes.append(littleEndian: UInt64(byteCount))
      } else {
        bytes.append(littleEndian: UInt32(byteCount))
      }
    }
    return bytes
  }

  /// Bytes of its entry in the directory.
  var centralHeaderByteCount: Int {
    ZipSize.centralHeader + path.count + centralZip64Extra.count
  }

  private var centralZip64Extra: [UInt8] {
    var fields: [UInt8] = []
    if isLarge {
      fields.append(littleEndian: UInt64(byteCount))
      fields.append(littleEndian: UInt64(byteCount))
    }
    if isFar { fields.append(littleEndian: UInt64(headerOffset)) }
    return Self.extra(fields)
  }

  /// Its entry in the directory.
  func centralHeader(_ checksum: UInt32) -> [UInt8] {
    let extra = centralZip64Extra
    let byteCount = UInt32(min(byteCount, Self.overflowed))
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ZipSize.centralHeader + path.count + extra.count)
    bytes.append(littleEndian: ZipSignature.centralHeader)
    bytes.append(littleEndian: UInt32(0))  // made by, version needed
    bytes.append(littleEndian: flags)
    bytes.append(littleEndian: UInt16(0))  // stored
    bytes.append(littleEndian: UInt32(0))  // no time, no date
    bytes.append(littleEndian: checksum)
    bytes.append(littleEndian: byteCount)
    bytes.append(littleEndian: byteCount)
    bytes.append(littleEndian: UInt16(path.count))
    bytes.append(littleEndian: UInt16(extra.count))
    bytes += repeatElement(0, count: 10)  // comment, disk, attributes
    bytes.append(littleEndian: UInt32(min(headerOffset, Self.overflowed)))
    return bytes + path + extra
  }
}
