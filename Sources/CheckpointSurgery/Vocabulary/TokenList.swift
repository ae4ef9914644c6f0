internal import Checkpoints
internal import TensorStorage

/// Vocabularies that are text: a token a line (`vocab.txt`), tiktoken's base64 and rank, fairseq's token and count.
enum TokenList {
  typealias Entry = Vocabulary.Entry

  /// What fairseq's dictionaries put in front of those of the file.
  private static let fairseqSpecials = ["<s>", "<pad>", "</s>", "<unk>"]

  /// Reads the tokens, and the style if the format has one.
  static func read(
    _ bytes: [UInt8]
  ) throws(VocabularyFault) -> (tokens: [Entry], style: Vocabulary.Style?) {
    guard !bytes.contains(0) else { throw .notText }
    var lines: [ArraySlice<UInt8>] = []
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      lines.append(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count <= Vocabulary.largestCount else {
      throw .tooManyTokens(limit: Vocabulary.largestCount)
    }
    if let numbered = numbered(lines) {
      if let tokens = ranked(numbered) { return (tokens, .plain) }
      return (try counted(numbered), nil)
    }
    var tokens: [Entry] = []
    tokens.reserveCapacity(lines.count)
    for (id, line) in lines.enumerated() {
      tokens.append(Entry(id: id, text: try text(line, line: id + 1)))
    }
    return (tokens, nil)
  }

  private static func text(
    _ bytes: ArraySlice<UInt8>, line: Int
  ) throws(VocabularyFault) -> TensorName {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw line == 1 ? .notText : .line(line, reason: "it is not UTF-8 text")
    }
    return TensorName(text)
  }

  /// Lines of a token, a space and a number each; nil if one of them is none.
  private static func numbered(
    _ lines: [ArraySlice<UInt8>]
  ) -> [(token: ArraySlice<UInt8>, number: Int)]? {
    var result: [(token: ArraySlice<UInt8>, number: Int)] = []
    for line in lines {
      guard let space = line.lastIndex(of: 0x20), space > line.startIndex,
        let number = Int(String(decoding: line[(space + 1)...], as: UTF8.self)), number >= 0
      else { return nil }
      result.append((line[..<space], number))
    }
    return result.isEmpty ? nil : result
  }

  /// tiktoken: base64 and rank; nil if that is not what the lines are.
  private static func ranked(_ lines: [(token: ArraySlice<UInt8>, number: Int)]) -> [Entry]? {
    var tokens: [Entry] = []
    for (position, line) in lines.enumerated() {
      guard line.number >= position, let bytes = Base64.decoded(line.token) else { return nil }
      tokens.append(
        Entry(
          id: line.number, text: TensorName(String(decoding: bytes, as: UTF8.self)), bytes: bytes))
    }
    return tokens
  }

  private static func counted(
    _ lines: [(token: ArraySlice<UInt8>, number: Int)]
  ) throws(VocabularyFault) -> [Entry] {
    var tokens = fairseqSpecials.enumerated().map {
      Entry(id: $0, text: TensorName($1), isSpecial: true, bytes: [UInt8]($1.utf8))
    }
    for (position, line) in lines.enumerated() {
      var token = line.token
      // A line for a token that is there already says so.
      let overwrite = " #fairseq:overwrite".utf8
      if token.reversed().starts(with: overwrite.reversed()) {
        token = token.dropLast(overwrite.count)
      }
      tokens.append(Entry(id: tokens.count, text: try text(token, line: position + 1)))
    }
    return tokens
  }
}

/// Bytes written with 64 characters (RFC 4648).
enum Base64 {
  private static let values: [UInt8: UInt32] = {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return Dictionary(uniqueKeysWithValues: alphabet.utf8.enumerated().map { ($1, UInt32($0)) })
  }()

  /// The bytes; nil for other characters, or a length that is not that of whole groups.
  static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard !text.isEmpty, text.count.isMultiple(of: 4) else { return nil }
    let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return nil }
    var result: [UInt8] = []
    var group: UInt32 = 0
    for (position, byte) in text.enumerated() {
      let isPadding = position >= text.count - padding
      guard let value = isPadding ? 0 : values[byte] else { return nil }
      group = group << 6 | value
      if position % 4 == 3 {
        result += [16, 8, 0].map { UInt8(truncatingIfNeeded: group >> $0) }
        group = 0
      }
    }
    return result.dropLast(padding)
  }
}
