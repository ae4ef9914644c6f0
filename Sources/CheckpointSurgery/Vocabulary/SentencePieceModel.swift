internal import Checkpoints
internal import TensorStorage

/// A SentencePiece model: the protocol buffer `ModelProto`, of which field 1 is read, the pieces
/// (sentencepiece 0.2, `src/sentencepiece_model.proto`).
///
/// In order of priority: never read past a length, never take memory for what a length only claims, skip what
/// is not known.
enum SentencePieceModel {
  /// The tag of field 1, a message.
  static let firstByte: UInt8 = 0x0A

  /// Whether the first piece is one: text files may begin with a line feed, which is the same byte.
  static func isOne(_ bytes: [UInt8]) -> Bool {
    var reader = Reader(bytes, 0..<bytes.count)
    guard let field = try? reader.next(), field.number == 1, let range = field.range else {
      return false
    }
    var piece = Reader(bytes, range)
    guard let first = try? piece.next() else { return false }
    return first.number == 1 && first.range != nil
  }

  /// Reads the pieces; their order is their ids.
  static func read(_ bytes: [UInt8]) throws(VocabularyFault) -> [Vocabulary.Entry] {
    var reader = Reader(bytes, 0..<bytes.count)
    var tokens: [Vocabulary.Entry] = []
    while let field = try reader.next() {
      guard field.number == 1, let range = field.range else { continue }
      guard tokens.count < Vocabulary.largestCount else {
        throw .tooManyTokens(limit: Vocabulary.largestCount)
      }
      tokens.append(try piece(bytes, range, id: tokens.count))
    }
    return tokens
  }

  private static func piece(
    _ bytes: [UInt8], _ range: Range<Int>, id: Int
  ) throws(VocabularyFault) -> Vocabulary.Entry {
    var reader = Reader(bytes, range)
    var text: String?
    var type: UInt64 = 1
    while let field = try reader.next() {
      if field.number == 1, let range = field.range {
        guard let decoded = String(validating: bytes[range], as: UTF8.self) else {
          throw .protobuf(reason: "piece \(id) is not UTF-8", byteOffset: range.lowerBound)
        }
        text = decoded
      } else if field.number == 3 {
        type = field.value
      }
    }
    guard let text else {
      throw .protobuf(reason: "piece \(id) has no text", byteOffset: range.lowerBound)
    }
    // UNKNOWN 2, CONTROL 3, USER_DEFINED 4, BYTE 6.
    let isSpecial = type == 2 || type == 3
    return Vocabulary.Entry(
      id: id, text: TensorName(text), isSpecial: isSpecial,
      bytes: isSpecial ? [UInt8](text.utf8) : nil)
  }

  /// One field: its number, and its value or the bytes that are its content.
  private struct Field {
    var number: UInt64
    var value: UInt64 = 0
    var range: Range<Int>?
  }

  /// Walks the fields of a message.
  private struct Reader {
    private let bytes: [UInt8]
    private var offset: Int
    private let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
      self.bytes = bytes
      (offset, end) = (range.lowerBound, range.upperBound)
    }

    mutating func next() throws(VocabularyFault) -> Field? {
      guard offset < end else { return nil }
      let start = offset
      let tag = try integer()
      var field = Field(number: tag >> 3)
      guard field.number > 0 else { throw fault("field 0", at: start) }
      switch tag & 7 {
      case 0: field.value = try integer()
      case 1: field.range = try take(8)
      case 2: field.range = try take(Int(clamping: try integer()))
      case 5: field.range = try take(4)
      default: throw fault("a field of the kind \(tag & 7)", at: start)
      }
      return field
    }

    private mutating func take(_ count: Int) throws(VocabularyFault) -> Range<Int> {
      guard count <= end - offset else {
        throw fault("\(count) bytes were announced and \(end - offset) are left", at: offset)
      }
      defer { offset += count }
      return offset..<(offset + count)
    }

    private mutating func integer() throws(VocabularyFault) -> UInt64 {
      var result: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 7) {
        guard offset < end else { throw fault("a number ends too early", at: offset) }
        let byte = bytes[offset]
        offset += 1
        result |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return result }
      }
      throw fault("a number has more than 10 bytes", at: offset)
    }

    private func fault(_ reason: String, at offset: Int) -> VocabularyFault {
      .protobuf(reason: reason, byteOffset: offset)
    }
  }
}
