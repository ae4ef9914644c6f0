internal import TensorStorage

/// The last bytes of a torch archive, which all checksums decide: the serialization id, its descriptor,
/// the directory and its end.
struct TorchArchiveTail: Sendable {
  /// Every record, that of the id last.
  var records: [TorchRecord]
  /// Where the directory begins.
  var directoryOffset: Int

  private static let madeBy: UInt16 = 0x031E
  private static let versionNeeded: UInt16 = 45

  /// How many bytes there will be.
  var byteCount: Int {
    SerializationID.digitCount + (records.last?.descriptorByteCount ?? 0) + directoryByteCount
      + ZipSize.zip64EndRecord + ZipSize.zip64Locator + ZipSize.endRecord
  }

  private var directoryByteCount: Int { records.reduce(0) { $0 + $1.centralHeaderByteCount } }

  /// The bytes, given the checksums of the records that did not know theirs, in order.
  func bytes(checksums: [UInt32]) -> [UInt8] {
    var values = resolved(checksums)
    let names = records.dropLast().map(\.name)
    // torch counts no checksum where there are no bytes.
    let counted = zip(records, values).dropLast().filter { $0.0.byteCount > 0 }.map(\.1)
    let identifier = SerializationID.digits(names: names, checksums: counted)
    let checksum = Self.checksum(identifier)
    values[values.count - 1] = checksum
    var bytes = identifier
    bytes.reserveCapacity(byteCount)
    bytes += records.last?.descriptor(checksum) ?? []
    for (record, value) in zip(records, values) { bytes += record.centralHeader(value) }
    appendEnd(to: &bytes)
    return bytes
  }

  private func resolved(_ checksums: [UInt32]) -> [UInt32] {
    var next = checksums.makeIterator()
    return records.map { record in
      switch record.checksum {
      case .known(let value): value
      case .ofSegment: next.next() ?? 0
      }
    }
  }

  /// Always the zip64 form, then the classic one with what fits.
  private func appendEnd(to bytes: inout [UInt8]) {
    let directoryByteCount = directoryByteCount
    bytes.append(littleEndian: ZipSignature.zip64EndRecord)
    bytes.append(littleEndian: UInt64(ZipSize.zip64EndRecord - 12))
    bytes.append(littleEndian: Self.madeBy)
    bytes.append(littleEndian: Self.versionNeeded)
    bytes.append(littleEndian: UInt64(0))  // disks
    bytes.append(littleEndian: UInt64(records.count))
    bytes.append(littleEndian: UInt64(records.count))
    bytes.append(littleEndian: UInt64(directoryByteCount))
    bytes.append(littleEndian: UInt64(directoryOffset))

    bytes.append(littleEndian: ZipSignature.zip64Locator)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: UInt64(directoryOffset + directoryByteCount))
    bytes.append(littleEndian: UInt32(1))

    bytes.append(littleEndian: ZipSignature.endRecord)
    bytes.append(littleEndian: UInt32(0))  // disks
    bytes.append(littleEndian: UInt16(clamping: records.count))
    bytes.append(littleEndian: UInt16(clamping: records.count))
    bytes.append(littleEndian: UInt32(clamping: directoryByteCount))
    bytes.append(littleEndian: UInt32(clamping: directoryOffset))
    bytes.append(littleEndian: UInt16(0))  // comment
  }
}

extension TorchArchiveTail {
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes.rawBytes)
    return checksum.value
  }
}
