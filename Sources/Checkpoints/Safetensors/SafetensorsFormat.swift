package import TensorStorage

/// safetensors: a JSON header that gives each tensor a dtype, a shape and a range of the bytes behind it.
///
/// Reads what the reference implementation, release 0.8.0, reads, and refuses what it refuses, in its order and
/// with its error names. It is stricter in one thing: names that occur twice or hold control
/// characters are refused unless the options are lenient.
package enum SafetensorsFormat: CheckpointFormat {
  package static let identifier = "safetensors"

  package static func read(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    try readWithRemarks(file, options: options).checkpoint
  }

  /// Reads the header, and says what in it is tolerated rather than right.
  static func readWithRemarks(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> (checkpoint: Checkpoint, remarks: SafetensorsRemarks) {
    let headerByteCount = try headerByteCount(of: file)
    var parser = try parse(file, headerByteCount: headerByteCount)
    var walk = SafetensorsWalk(
      file: file, dataStart: SafetensorsHeader.lengthByteCount + headerByteCount,
      isLenient: options.isLenient, remarks: parser.remarks)
    let metadata = parser.metadata
    var checkpoint = try walk.checkpoint(of: parser.takeTensors())
    checkpoint.metadata = metadata ?? [:]
    walk.remark(headerByteCount: headerByteCount, metadata: metadata)
    return (checkpoint, walk.remarks)
  }

  /// The header's length, which the file is long enough for: rules 1 to 3.
  private static func headerByteCount(of file: RandomAccessFile) throws(FormatError) -> Int {
    let lengthByteCount = SafetensorsHeader.lengthByteCount
    guard file.byteCount >= lengthByteCount else {
      throw FormatError(file: file.path, .safetensors(.headerTooSmall(byteCount: file.byteCount)))
    }
    let length = try read(file, at: 0, count: lengthByteCount)
    var reader = ByteReader(length.rawBytes)
    let declared = reader.integer(UInt64.self) ?? 0
    guard declared <= SafetensorsHeader.maximumByteCount else {
      throw FormatError(
        file: file.path, byteOffset: 0, .safetensors(.headerTooLarge(byteCount: declared)))
    }
    let available = file.byteCount - lengthByteCount
    guard declared <= available else {
      throw FormatError(
        file: file.path, byteOffset: 0,
        .safetensors(.invalidHeaderLength(declared: Int(declared), available: available)))
    }
    return Int(declared)
  }

  /// The header as it stands: rules 4 and 5.
  private static func parse(
    _ file: RandomAccessFile, headerByteCount: Int
  ) throws(FormatError) -> SafetensorsHeaderParser {
    let start = SafetensorsHeader.lengthByteCount
    guard headerByteCount > 0 else { throw try emptyHeader(file) }
    let header = try read(file, at: start, count: headerByteCount)
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: header.span)
    } catch {
      throw FormatError(
        file: file.path, byteOffset: start + error.byteOffsets.lowerBound,
        .safetensors(.invalidHeader))
    }
    var parser = SafetensorsHeaderParser()
    do throws(JSONError) {
      try parser.parse(header)
    } catch {
      throw FormatError(
        file: file.path, tensor: parser.currentName, byteOffset: start + error.byteOffset,
        .safetensors(fault(error.reason)))
    }
    return parser
  }

  private static func fault(_ reason: JSONError.Reason) -> SafetensorsFault {
    if case .tooMany(let noun, let limit) = reason { return .tooMany(noun, limit: limit) }
    return .invalidHeaderDeserialization(.json(reason))
  }

  /// The fault of a header of no bytes: of a file of zeros, most often.
  private static func emptyHeader(_ file: RandomAccessFile) throws(FormatError) -> FormatError {
    let count = min(file.byteCount, FormatRegistry.prefixByteCount)
    let isBlank = try read(file, at: 0, count: count).allSatisfy { $0 == 0 } && count > 8
    return FormatError(
      file: file.path, byteOffset: 0,
      .safetensors(.invalidHeaderDeserialization(isBlank ? .blank : .empty)))
  }

  private static func read(
    _ file: RandomAccessFile, at offset: Int, count: Int
  ) throws(FormatError) -> [UInt8] {
    do throws(FileError) {
      return try file.bytes(at: offset, count: count)
    } catch {
      throw FormatError(error, file: file.path)
    }
  }
}
