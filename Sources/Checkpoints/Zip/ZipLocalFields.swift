internal import TensorStorage

/// The fields of a local header, in front of a record's data.
struct ZipLocalFields {
  var flags: UInt16
  var method: UInt16
  var crc32: UInt32
  var compressedByteCount: UInt32
  var byteCount: UInt32
  var nameByteCount: Int
  var extraByteCount: Int

  /// Reads the 30 bytes; nil if they do not begin with the signature.
  init?(_ bytes: RawSpan) {
    var reader = ByteReader(bytes)
    guard reader.integer(UInt32.self) == ZipSignature.localHeader else { return nil }
    reader.skip(2)
    flags = reader.integer() ?? 0
    method = reader.integer() ?? 0
    reader.skip(4)
    crc32 = reader.integer() ?? 0
    compressedByteCount = reader.integer() ?? 0
    byteCount = reader.integer() ?? 0
    nameByteCount = Int(reader.integer(UInt16.self) ?? 0)
    extraByteCount = Int(reader.integer(UInt16.self) ?? 0)
  }

  /// Compares everything with the directory's entry.
  ///
  /// - Parameters:
  ///   - header: The directory's entry.
  ///   - rest: The name and the extra field.
  /// - Throws: Where they differ.
  func check(_ header: ZipCentralHeader, rest: RawSpan) throws(ZipFault) {
    try checkName(header, rest.extracting(0..<nameByteCount))
    guard method == header.method else {
      throw .methodDiffers(record: header.name, local: method, directory: header.method)
    }
    // Compressors note their effort in one place only; the name's encoding was compared above.
    let compared = ~(ZipFlag.deflateOptions | ZipFlag.utf8)
    guard flags & compared == header.flags & compared else {
      throw .flagsDiffer(record: header.name, local: flags, directory: header.flags)
    }
    let sizes = try sizes(extra: rest.extracting(nameByteCount..<rest.byteCount), header.name)
    if header.hasDescriptor {
      try checkUnknown(header)
    } else {
      try checkKnown(header, sizes)
    }
  }

  private func checkName(_ header: ZipCentralHeader, _ bytes: RawSpan) throws(ZipFault) {
    if bytes.isUTF8(of: header.name) { return }
    // Perhaps it is not UTF-8.
    let name = ZipName.text(of: bytes)
    guard name.utf8.elementsEqual(header.name.utf8) else {
      throw .nameDiffers(record: header.name, local: name)
    }
  }

  /// Where a descriptor follows the data, the local fields say nothing: zeros, or saturated, as torch
  /// and Python write them, or what the directory says too.
  private func checkUnknown(_ header: ZipCentralHeader) throws(ZipFault) {
    let places = [
      (compressedByteCount, header.compressedByteCount), (byteCount, header.byteCount),
    ]
    for (local, directory) in places where local != 0 && local != .max && Int(local) != directory {
      throw .sizeDiffers(record: header.name, local: UInt64(local), directory: directory)
    }
    if crc32 != 0, crc32 != header.crc32 { throw .checksumDiffers(header.name) }
  }

  private func checkKnown(
    _ header: ZipCentralHeader, _ sizes: (byteCount: UInt64, compressedByteCount: UInt64)
  ) throws(ZipFault) {
    guard sizes.byteCount == UInt64(header.byteCount) else {
      throw .sizeDiffers(
        record: header.name, local: sizes.byteCount, directory: header.byteCount)
    }
    guard sizes.compressedByteCount == UInt64(header.compressedByteCount) else {
      throw .sizeDiffers(
        record: header.name, local: sizes.compressedByteCount,
        directory: header.compressedByteCount)
    }
    if crc32 != header.crc32 { throw .checksumDiffers(header.name) }
  }

  private func sizes(
    extra: RawSpan, _ name: String
  ) throws(ZipFault) -> (byteCount: UInt64, compressedByteCount: UInt64) {
    let narrow = (UInt64(byteCount), UInt64(compressedByteCount))
    guard byteCount == .max || compressedByteCount == .max else { return narrow }
    return try ZipExtra.localSizes(in: extra, record: name) ?? narrow
  }
}

/// The sizes and checksum that follow a record's data where they were not known before it.
enum ZipDescriptor {
  /// With 32-bit or 64-bit sizes, each without and with the signature that most writers put first.
  static let byteCounts = [12, 16, 20, 24]

  /// Whether the descriptor `bytes`, one of those sizes, tells the same as the directory.
  static func agrees(_ bytes: RawSpan, _ header: ZipCentralHeader) -> Bool {
    var reader = ByteReader(bytes)
    let hasSignature = bytes.byteCount % 8 == 0
    if hasSignature, reader.integer(UInt32.self) != ZipSignature.dataDescriptor { return false }
    guard reader.integer(UInt32.self) == header.crc32 else { return false }
    let sizes = [header.compressedByteCount, header.byteCount]
    let isWide = bytes.byteCount >= 20
    for size in sizes {
      let narrow = isWide ? nil : reader.integer(UInt32.self)
      let found = isWide ? reader.integer(UInt64.self) : narrow.map(UInt64.init)
      guard found == UInt64(size) else { return false }
    }
    return true
  }
}
