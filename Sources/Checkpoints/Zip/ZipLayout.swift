internal import TensorStorage

/// Walks an archive's local headers from the first byte to the directory.
///
/// What it must get right, in order: no byte belongs to two records or to none, so that nothing hides
/// between them; each local header tells the same as the directory; one small read per record.
struct ZipLayout {
  private let file: RandomAccessFile
  private let directoryOffset: Int
  private var window: ZipWindow

  /// The records of `headers`, in their order, each with the place of its data.
  static func records(
    of headers: [ZipCentralHeader], before directoryOffset: Int, in file: RandomAccessFile
  ) throws(FormatError) -> [ZipRecord] {
    var layout = ZipLayout(
      file: file, directoryOffset: directoryOffset, window: ZipWindow(file: file))
    return try layout.records(of: headers)
  }

  private mutating func records(
    of headers: [ZipCentralHeader]
  ) throws(FormatError) -> [ZipRecord] {
    let order = Self.order(of: headers)
    try checkStart(order.first.map { headers[$0] })
    var dataOffsets = [Int](repeating: 0, count: headers.count)
    for (step, position) in order.enumerated() {
      let next = step + 1 < order.count ? headers[order[step + 1]] : nil
      dataOffsets[position] = try dataOffset(of: headers[position], next: next)
    }
    return zip(headers, dataOffsets).map { ZipRecord($0, dataOffset: $1) }
  }

  /// The positions of `headers` in the order of their place in the file.
  private static func order(of headers: [ZipCentralHeader]) -> [Int] {
    let isInOrder = zip(headers, headers.dropFirst()).allSatisfy {
      $0.headerOffset <= $1.headerOffset
    }
    if isInOrder { return Array(headers.indices) }
    return headers.indices.sorted {
      (headers[$0].headerOffset, $0) < (headers[$1].headerOffset, $1)
    }
  }

  /// Checks that the first record is the first thing in the file.
  private mutating func checkStart(_ first: ZipCentralHeader?) throws(FormatError) {
    let start = first?.headerOffset ?? directoryOffset
    if start > 0 { throw try unaccounted(0..<min(start, directoryOffset)) }
  }

  /// Where the data of `header` begins, after checks of its local header and of what follows the data.
  private mutating func dataOffset(
    of header: ZipCentralHeader, next: ZipCentralHeader?
  ) throws(FormatError) -> Int {
    let limit = next?.headerOffset ?? directoryOffset
    guard limit <= directoryOffset else {
      throw error(limit, .recordOutside(next?.name ?? header.name, offset: limit))
    }
    let dataOffset = try localHeader(of: header, limit: limit, next: next)
    guard header.compressedByteCount <= limit - dataOffset else {
      throw overlap(header, next)
    }
    let dataEnd = dataOffset + header.compressedByteCount
    try checkEnd(of: header, gap: dataEnd..<limit)
    return dataOffset
  }

  /// Reads the local header and compares it; the offset behind it.
  private mutating func localHeader(
    of header: ZipCentralHeader, limit: Int, next: ZipCentralHeader?
  ) throws(FormatError) -> Int {
    let offset = header.headerOffset
    guard ZipSize.localHeader <= limit - offset else { throw overlap(header, next) }
    try window.load(offset, count: ZipSize.localHeader, isDense: header.isSmall)
    guard let fixed = ZipLocalFields(window.bytes(offset..<(offset + ZipSize.localHeader))) else {
      throw error(offset, .noLocalHeader(header.name))
    }
    let rest = fixed.nameByteCount + fixed.extraByteCount
    let nameOffset = offset + ZipSize.localHeader
    guard rest <= limit - nameOffset else { throw overlap(header, next) }
    try window.load(nameOffset, count: rest, isDense: header.isSmall)
    let end = nameOffset + rest
    do throws(ZipFault) {
      try fixed.check(header, rest: window.bytes(nameOffset..<end))
    } catch { throw self.error(offset, error) }
    return end
  }

  /// Checks that what follows the data is its descriptor, if it has one, and nothing else.
  private mutating func checkEnd(
    of header: ZipCentralHeader, gap: Range<Int>
  ) throws(FormatError) {
    guard header.hasDescriptor else {
      if gap.isEmpty { return }
      throw try unaccounted(gap)
    }
    if gap.isEmpty { throw error(gap.lowerBound, .descriptorDiffers(header.name)) }
    guard ZipDescriptor.byteCounts.contains(gap.count) else { throw try unaccounted(gap) }
    // The next header follows: one read for both.
    let ahead = min(ZipWindow.sparseByteCount, directoryOffset - gap.upperBound)
    try window.load(gap.lowerBound, count: gap.count, ahead: ahead, isDense: header.isSmall)
    guard ZipDescriptor.agrees(window.bytes(gap), header) else {
      throw error(gap.lowerBound, .descriptorDiffers(header.name))
    }
  }

  /// The fault of bytes that belong to no record of the directory.
  private mutating func unaccounted(_ range: Range<Int>) throws(FormatError) -> FormatError {
    // A hidden record may stand behind a descriptor.
    for skipped in [0] + ZipDescriptor.byteCounts
    where range.count - skipped >= ZipSize.localHeader {
      let offset = range.lowerBound + skipped
      try window.load(offset, count: ZipSize.localHeader, isDense: false)
      let header = ZipLocalFields(window.bytes(offset..<(offset + ZipSize.localHeader)))
      guard let header else { continue }
      let nameOffset = offset + ZipSize.localHeader
      let nameEnd = min(nameOffset + header.nameByteCount, range.upperBound)
      try window.load(nameOffset, count: nameEnd - nameOffset, isDense: false)
      return error(offset, .hiddenRecord(ZipName.text(of: window.bytes(nameOffset..<nameEnd))))
    }
    return error(range.lowerBound, .strayBytes(count: range.count))
  }

  private func overlap(_ header: ZipCentralHeader, _ next: ZipCentralHeader?) -> FormatError {
    guard let next else {
      return error(
        header.headerOffset, .recordOutside(header.name, offset: directoryOffset))
    }
    return error(next.headerOffset, .overlap(header.name, next.name))
  }

  private func error(_ offset: Int, _ fault: ZipFault) -> FormatError {
    FormatError(file: file.path, byteOffset: offset, .zip(fault))
  }
}

extension ZipCentralHeader {
  /// Whether the next header is so near that reading on costs less than another read.
  fileprivate var isSmall: Bool { compressedByteCount < ZipWindow.denseByteCount / 8 }
}

extension ZipRecord {
  fileprivate init(_ header: ZipCentralHeader, dataOffset: Int) {
    name = header.name
    method = Method(rawValue: header.method) ?? .stored
    compressedByteCount = header.compressedByteCount
    byteCount = header.byteCount
    crc32 = header.crc32 == 0 ? nil : header.crc32
    self.dataOffset = dataOffset
  }
}
