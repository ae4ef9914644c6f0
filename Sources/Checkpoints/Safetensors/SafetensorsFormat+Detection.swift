package import TensorStorage

extension SafetensorsFormat {
  /// Whether the first bytes are a header's length and the begin of a JSON object.
  ///
  /// The length may be wrong: a damaged safetensors file is to get its own error. Where the bytes say too
  /// little, because the file is too short or its header does not begin as one, the name decides
  /// whose error it gets.
  package static func matches(prefix: RawSpan, file: RandomAccessFile) -> Bool {
    let isNamedSo = file.path.hasSuffix(".safetensors")
    var reader = ByteReader(prefix)
    guard let length = reader.array(SafetensorsHeader.lengthByteCount) else { return isNamedSo }
    // Eight printable characters are text, or another format's magic.
    if length.allSatisfy({ (0x20...0x7E).contains($0) || (0x09...0x0D).contains($0) }) {
      return false
    }
    if beginsObject(&reader) { return true }
    return isNamedSo && length[4...].allSatisfy { $0 == 0 }
  }

  /// Whether `{` and then `"` or `}` come next, with white space around them.
  private static func beginsObject(_ reader: inout ByteReader) -> Bool {
    guard nextVisible(&reader) == UInt8(ascii: "{") else { return false }
    let second = nextVisible(&reader)
    return second == nil || second == UInt8(ascii: "\"") || second == UInt8(ascii: "}")
  }

  private static func nextVisible(_ reader: inout ByteReader) -> UInt8? {
    while let byte = reader.byte() {
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
    }
    return nil
  }
}
