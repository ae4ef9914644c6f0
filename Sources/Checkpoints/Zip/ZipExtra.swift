internal import TensorStorage

/// The zip64 block among a header's extra fields.
enum ZipExtra {
  /// Sizes and offset of a record in full width.
  struct Wide {
    var byteCount: Int
    var compressedByteCount: Int
    var headerOffset: Int
  }

  private static let zip64: UInt16 = 1

  /// Sizes and offset of a directory entry: the block holds those that are saturated, in this order.
  static func widened(
    _ fields: ZipCentralFields, extra: RawSpan, record: String
  ) throws(ZipFault) -> Wide {
    var values = try zip64Values(in: extra, record: record)
    let declared = values
    let needed = [fields.byteCount, fields.compressedByteCount, fields.headerOffset]
    var wide: [Int] = []
    for field in needed {
      guard field == .max, !declared.isEmpty else {
        wide.append(Int(field))
        continue
      }
      guard let first = values.first, let value = Int(exactly: first) else {
        throw .zip64Extra(record: record)
      }
      values.removeFirst()
      wide.append(value)
    }
    // Some writers repeat what did fit; it must be the same.
    if !values.isEmpty, zip(declared, wide).contains(where: { $0 != UInt64($1) }) {
      throw .zip64Extra(record: record)
    }
    return Wide(byteCount: wide[0], compressedByteCount: wide[1], headerOffset: wide[2])
  }

  /// Both sizes in a local header, where the 32-bit ones are saturated; nil if the block has not both.
  static func localSizes(
    in extra: RawSpan, record: String
  ) throws(ZipFault) -> (byteCount: UInt64, compressedByteCount: UInt64)? {
    let values = try zip64Values(in: extra, record: record)
    return values.count >= 2 ? (values[0], values[1]) : nil
  }

  /// The 64-bit numbers of the zip64 block; none if there is no block.
  private static func zip64Values(in extra: RawSpan, record: String) throws(ZipFault) -> [UInt64] {
    var reader = ByteReader(extra)
    var values: [UInt64]?
    // Fewer than four bytes at the end are padding of tools that align data.
    while reader.remainingCount >= 4 {
      let kind: UInt16 = reader.integer() ?? 0
      guard let block = reader.span(Int(reader.integer(UInt16.self) ?? 0)) else {
        throw .extraField(record: record)
      }
      guard kind == zip64 else { continue }
      guard values == nil else { throw .zip64Extra(record: record) }
      values = numbers(of: block)
    }
    return values ?? []
  }

  private static func numbers(of block: RawSpan) -> [UInt64] {
    var reader = ByteReader(block)
    var numbers: [UInt64] = []
    while let number: UInt64 = reader.integer() { numbers.append(number) }
    return numbers
  }
}
