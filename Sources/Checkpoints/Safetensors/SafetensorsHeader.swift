internal import TensorStorage

/// The header of a safetensors file: JSON behind its length, which is eight bytes, least first.
package enum SafetensorsHeader {
  /// The most bytes of JSON that the reference implementation reads.
  package static let maximumByteCount = 100_000_000

  /// The name under which a header keeps its metadata; no tensor can have it.
  package static let metadataName = "__metadata__"

  /// Bytes of the header's length, at the front of the file.
  static let lengthByteCount = 8

  /// The data begins at a multiple of this.
  static let alignment = 8
}

extension SafetensorsHeader {
  /// Whether a name has characters that can hide it from other programs: NUL and the control characters.
  static func hasControlCharacters(_ name: String) -> Bool {
    let bytes = name.utf8Span.span
    var previous: UInt8 = 0
    for position in bytes.indices {
      let byte = bytes[position]
      // U+0080 to U+009F are C2 80 to C2 9F.
      if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
      previous = byte
    }
    return false
  }
}
