/// One record of a zip archive: a run of bytes under a name.
///
/// Its name is only ever looked up, never used as a path.
package struct ZipRecord: Hashable, Sendable {
  /// How the bytes are kept.
  package enum Method: Hashable, Sendable {
    case stored
    case deflated
  }

  /// The name, with its slashes; Latin-1 where the bytes are not UTF-8.
  package let name: String
  /// How the bytes are kept.
  package let method: Method
  /// How many bytes it takes in the file.
  package let compressedByteCount: Int
  /// How many bytes it has when it is read.
  package let byteCount: Int
  /// The CRC-32 of its bytes; nil where the writer left it out, as torch does on request.
  package let crc32: UInt32?
  /// Where its bytes begin in the file.
  package let dataOffset: Int

  /// Whether it only names a folder.
  package var isDirectory: Bool { name.utf8.last == UInt8(ascii: "/") }
}
