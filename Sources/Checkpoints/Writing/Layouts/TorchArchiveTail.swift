internal import TensorStorage

/// The last bytes of a torch archive, which all checksums decide: the serialization id, its descriptor,
/// the directory and its end.
struct TorchArchiveTail: Sendable {
  /// Every record, that of the id last.
  var records: [TorchRecord]
  /// Where the directory begins.
  var directoryOffset: Int

  private static let madeBy: UInt16 = 0x031E

  /// How many bytes there will be.
  var byteCount: Int {
    SerializationID.digitCount + (records.last?.descriptorByteCount ?? 0) + directoryByteCount
      + end.byteCount
  }

  private var directoryByteCount: Int { records.reduce(0) { $0 + $1.centralHeaderByteCount } }

  /// torch writes the zip64 records whether they are needed or not.
  private var end: ZipEndRecords {
    ZipEndRecords(
      recordCount: records.count, directoryOffset: directoryOffset,
      directoryByteCount: directoryByteCount, madeBy: Self.madeBy, isZip64: true)
  }

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
    end.append(to: &bytes)
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
}

extension TorchArchiveTail {
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes.rawBytes)
    return checksum.value
  }
}
