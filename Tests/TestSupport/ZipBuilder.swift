/// Lays out a zip archive byte by byte, with every field open to lies.
package struct ZipBuilder: Sendable {
  /// The records, in the order in which they stand in the file.
  package var records: [Record] = []
  /// The order of the directory; that of the file if nil.
  package var directoryOrder: [Int]?
  /// Bytes in front of everything; offsets do not count them.
  package var prefix: [UInt8] = []
  /// Bytes between the last record and the directory.
  package var beforeDirectory: [UInt8] = []
  /// Bytes between the directory and the end records.
  package var afterDirectory: [UInt8] = []
  /// What the end records say.
  package var end = End()
  /// Bytes behind the end of the archive.
  package var suffix: [UInt8] = []

  /// An archive of stored records.
  package init(_ contents: [(String, [UInt8])] = []) {
    records = contents.map { Record($0.0, $0.1) }
  }

  /// The archive's bytes.
  package func bytes() -> [UInt8] {
    var body: [UInt8] = []
    var offsets: [Int] = []
    for record in records {
      body += record.gapBefore
      offsets.append(body.count)
      body += record.localBytes
    }
    body += beforeDirectory
    let directoryOffset = body.count
    for position in directoryOrder ?? Array(records.indices) {
      body += records[position].centralBytes(offset: offsets[position])
    }
    let directoryByteCount = body.count - directoryOffset
    body += afterDirectory
    let count = (directoryOrder ?? Array(records.indices)).count
    body += end.bytes(
      count: count, directoryOffset: directoryOffset, directoryByteCount: directoryByteCount,
      at: body.count)
    return prefix + body + suffix
  }

  /// Where the local header of record `position` begins.
  package func headerOffset(of position: Int) -> Int {
    var offset = prefix.count
    for record in records[..<position] {
      offset += record.gapBefore.count + record.localBytes.count
    }
    return offset + records[position].gapBefore.count
  }

  /// Where the directory begins.
  package var directoryOffset: Int {
    prefix.count + beforeDirectory.count
      + records.reduce(0) { $0 + $1.gapBefore.count + $1.localBytes.count }
  }
}

extension ZipBuilder {
  /// The fields that a local header and a directory entry have in common.
  package struct Fields: Sendable {
    package var flags: UInt16 = 0
    package var method: UInt16 = 0
    package var crc32: UInt32
    package var compressedByteCount: UInt32
    package var byteCount: UInt32
    package var name: [UInt8]
    package var extra: [UInt8] = []
  }

  /// One record.
  package struct Record: Sendable {
    package var local: Fields
    package var central: Fields
    package var data: [UInt8]
    package var descriptor: [UInt8] = []
    package var localSignature: UInt32 = 0x0403_4B50
    package var gapBefore: [UInt8] = []
    package var comment: [UInt8] = []
    package var externalAttributes: UInt32 = 0
    /// The version of zip that made it, and above it the system whose attributes it has.
    package var madeBy: UInt16 = 20
    package var disk: UInt16 = 0
    /// What the directory says instead of the true offset.
    package var headerOffset: UInt32?

    /// A stored record.
    package init(_ name: String, _ data: [UInt8]) {
      self.init(name, compressed: data, contents: data, method: 0)
    }

    /// A deflated record.
    package init(_ name: String, deflated: [UInt8], contents: [UInt8]) {
      self.init(name, compressed: deflated, contents: contents, method: 8)
    }

    private init(_ name: String, compressed: [UInt8], contents: [UInt8], method: UInt16) {
      local = Fields(
        method: method, crc32: naiveCRC32(contents), compressedByteCount: UInt32(compressed.count),
        byteCount: UInt32(contents.count), name: Array(name.utf8))
      central = local
      data = compressed
    }

    /// Changes both headers alike.
    package mutating func setBoth(_ change: (inout Fields) -> Void) {
      change(&local)
      change(&central)
    }

    /// Moves sizes and checksum behind the data, as a writer does that cannot go back.
    package mutating func stream(wide: Bool = false, signature: Bool = true) {
      setBoth { $0.flags |= 8 }
      (local.crc32, local.compressedByteCount, local.byteCount) = (0, 0, 0)
      descriptor = signature ? littleEndian(0x0807_4B50 as UInt32) : []
      descriptor += littleEndian(central.crc32)
      for size in [central.compressedByteCount, central.byteCount] {
        descriptor += wide ? littleEndian(UInt64(size)) : littleEndian(size)
      }
    }

    fileprivate var localBytes: [UInt8] {
      littleEndian(localSignature) + littleEndian(20 as UInt16) + common(local)
        + local.name + local.extra + data + descriptor
    }

    fileprivate func centralBytes(offset: Int) -> [UInt8] {
      var bytes = littleEndian(0x0201_4B50 as UInt32) + littleEndian(madeBy)
      bytes += littleEndian(20 as UInt16) + common(central) + littleEndian(UInt16(comment.count))
      bytes += littleEndian(disk) + littleEndian(0 as UInt16) + littleEndian(externalAttributes)
      bytes += littleEndian(headerOffset ?? UInt32(offset))
      return bytes + central.name + central.extra + comment
    }

    private func common(_ fields: Fields) -> [UInt8] {
      littleEndian(fields.flags) + littleEndian(fields.method) + littleEndian(0x5A21_6C00 as UInt32)
        + littleEndian(fields.crc32) + littleEndian(fields.compressedByteCount)
        + littleEndian(fields.byteCount) + littleEndian(UInt16(fields.name.count))
        + littleEndian(UInt16(fields.extra.count))
    }
  }

  /// The end records; nil means the truth.
  package struct End: Sendable {
    package var disk: UInt16 = 0
    package var directoryDisk: UInt16 = 0
    package var countOnDisk: UInt16?
    package var count: UInt16?
    package var directoryByteCount: UInt32?
    package var directoryOffset: UInt32?
    package var comment: [UInt8] = []
    /// The zip64 records in front of the classic one, if there are any.
    package var zip64: Zip64?

    fileprivate func bytes(
      count trueCount: Int, directoryOffset: Int, directoryByteCount: Int, at position: Int
    ) -> [UInt8] {
      var bytes: [UInt8] = []
      if let zip64 {
        bytes += zip64.bytes(
          count: trueCount, directoryOffset: directoryOffset,
          directoryByteCount: directoryByteCount, at: position)
      }
      bytes += littleEndian(0x0605_4B50 as UInt32) + littleEndian(disk)
      bytes += littleEndian(directoryDisk)
      bytes += littleEndian(countOnDisk ?? count ?? UInt16(clamping: trueCount))
      bytes += littleEndian(count ?? UInt16(clamping: trueCount))
      bytes += littleEndian(self.directoryByteCount ?? UInt32(directoryByteCount))
      bytes += littleEndian(self.directoryOffset ?? UInt32(directoryOffset))
      return bytes + littleEndian(UInt16(comment.count)) + comment
    }
  }

  /// The zip64 end record and its locator; nil means the truth.
  package struct Zip64: Sendable {
    package var byteCount: UInt64 = 44
    package var disk: UInt32 = 0
    package var countOnDisk: UInt64?
    package var count: UInt64?
    package var directoryByteCount: UInt64?
    package var directoryOffset: UInt64?
    package var locatorDisk: UInt32 = 0
    package var locatorOffset: UInt64?
    package var diskCount: UInt32 = 1
    package var signature: UInt32 = 0x0606_4B50

    /// The true records.
    package init() {}

    fileprivate func bytes(
      count trueCount: Int, directoryOffset: Int, directoryByteCount: Int, at position: Int
    ) -> [UInt8] {
      var bytes = littleEndian(signature) + littleEndian(byteCount)
      bytes += littleEndian(45 as UInt16) + littleEndian(45 as UInt16)
      bytes += littleEndian(disk) + littleEndian(0 as UInt32)
      bytes += littleEndian(countOnDisk ?? count ?? UInt64(trueCount))
      bytes += littleEndian(count ?? UInt64(trueCount))
      bytes += littleEndian(self.directoryByteCount ?? UInt64(directoryByteCount))
      bytes += littleEndian(self.directoryOffset ?? UInt64(directoryOffset))
      bytes += littleEndian(0x0706_4B50 as UInt32) + littleEndian(locatorDisk)
      return bytes + littleEndian(locatorOffset ?? UInt64(position)) + littleEndian(diskCount)
    }
  }
}

/// The bytes of `value`, least significant first.
package func littleEndian<T: FixedWidthInteger & UnsignedInteger>(_ value: T) -> [UInt8] {
  (0..<(T.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

/// A CRC-32 computed bit by bit, as its definition says.
package func naiveCRC32(_ bytes: [UInt8]) -> UInt32 {
  var crc: UInt32 = .max
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
  }
  return ~crc
}

/// A deflate stream of stored blocks only (RFC 1951, section 3.2.4).
package func deflatedWithoutCompression(_ bytes: [UInt8], blockByteCount: Int = 65535) -> [UInt8] {
  var stream: [UInt8] = []
  var rest = bytes[...]
  repeat {
    let block = rest.prefix(blockByteCount)
    rest = rest.dropFirst(blockByteCount)
    let count = UInt16(block.count)
    stream += [rest.isEmpty ? 1 : 0] + littleEndian(count) + littleEndian(~count) + block
  } while !rest.isEmpty
  return stream
}
