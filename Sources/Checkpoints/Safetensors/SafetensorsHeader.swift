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
  /// Whether a name has characters below U+0020: they can hide it from other programs, or its end.
  static func hasControlCharacters(_ name: String) -> Bool {
    let bytes = name.utf8Span.span
    for position in bytes.indices where bytes[position] < 0x20 { return true }
    return false
  }
}
