internal import Checkpoints

/// The tokens of a vocabulary as bytes, in a way that does not depend on how its file writes them.
///
/// A space in front of a word is the byte 0x20 in front of the others, whether the file writes `Ġ` or `▁`, or
/// nothing where `##` marks the other words; a space behind it stands behind. The bytes of all tokens lie in one
/// buffer, and a hash table over them finds one: a million tokens are matched in well under a second.
struct CanonicalTokens {
  private let vocabulary: Vocabulary
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  /// Positions of tokens by hash, −1 for none; twice as many places as tokens, a power of two.
  private var table: [Int32]
  private let mask: Int
  /// How many tokens have the same bytes as an earlier one.
  private(set) var collisionCount = 0

  init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    var size = 2
    while size < vocabulary.tokens.count * 2 { size *= 2 }
    table = [Int32](repeating: -1, count: size)
    mask = size - 1
    ends.reserveCapacity(vocabulary.tokens.count)
    hashes.reserveCapacity(vocabulary.tokens.count)
    for (position, token) in vocabulary.tokens.enumerated() {
      append(token)
      ends.append(bytes.count)
      hashes.append(hash(position))
      insert(position)
    }
  }

  /// How many tokens there are.
  var count: Int { ends.count }

  /// Where the bytes of a token lie.
  private func range(_ position: Int) -> Range<Int> {
    (position == 0 ? 0 : ends[position - 1])..<ends[position]
  }

  /// The bytes of a token.
  func bytes(at position: Int) -> ArraySlice<UInt8> { bytes[range(position)] }

  /// The position of the token that has the bytes of token `wanted` of `other`, and the lowest id; nil for none.
  func position(of wanted: Int, in other: CanonicalTokens) -> Int? {
    let place = place(of: wanted, in: other)
    return table[place] < 0 ? nil : Int(table[place])
  }

  /// The place in the table where a token stands, or where it would.
  private func place(of wanted: Int, in other: CanonicalTokens) -> Int {
    let hash = other.hashes[wanted]
    var place = Int(truncatingIfNeeded: hash) & mask
    while table[place] >= 0 {
      let found = Int(table[place])
      if hashes[found] == hash, hasSameBytes(found, wanted, in: other) { break }
      place = (place + 1) & mask
    }
    return place
  }

  private func hasSameBytes(_ own: Int, _ wanted: Int, in other: CanonicalTokens) -> Bool {
    let (a, b) = (range(own), other.range(wanted))
    guard a.count == b.count else { return false }
    for offset in 0..<a.count
    where bytes[a.lowerBound + offset] != other.bytes[b.lowerBound + offset] { return false }
    return true
  }

  private mutating func insert(_ position: Int) {
    let place = place(of: position, in: self)
    let found = Int(table[place])
    if found >= 0 {
      collisionCount += 1
      if vocabulary.tokens[found].id < vocabulary.tokens[position].id { return }
    }
    table[place] = Int32(position)
  }

  /// FNV-1a, from a start that is another one in each run, so that no file can be made whose tokens collide.
  private func hash(_ position: Int) -> UInt64 {
    var hash = Self.start
    for index in range(position) { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
    return hash ^ hash >> 29
  }

  private static let start = UInt64.random(in: .min ... .max)
}

// MARK: - Decoding

extension CanonicalTokens {
  private mutating func append(_ token: Vocabulary.Entry) {
    if let given = token.bytes {
      bytes += given
      return
    }
    let text = token.text.text
    switch vocabulary.style {
    case .plain: bytes += text.utf8
    case .byteLevel: appendByteLevel(text)
    case .sentencePiece:
      if let byte = Self.namedByte(text) {
        bytes.append(byte)
      } else {
        appendPiece(text)
      }
    case .wordPiece:
      if text.hasPrefix("##") {
        bytes += text.utf8.dropFirst(2)
      } else {
        if !SpecialRole.isBracketed(text) { bytes.append(0x20) }
        bytes += text.utf8
      }
    case .wordEnd: appendWord(text, endsIn: "</w>", isEnd: true)
    case .continuation: appendWord(text, endsIn: "@@", isEnd: false)
    }
  }

  /// `▁`, which is E2 96 81 in UTF-8, is a space.
  private mutating func appendPiece(_ text: String) {
    let start = bytes.count
    for byte in text.utf8 {
      bytes.append(byte)
      let mark = bytes.count - 3
      guard byte == 0x81, mark >= start, bytes[mark] == 0xE2, bytes[mark + 1] == 0x96 else {
        continue
      }
      bytes.removeLast(3)
      bytes.append(0x20)
    }
  }

  private mutating func appendWord(_ text: String, endsIn mark: String, isEnd: Bool) {
    let hasMark = text.utf8.count > mark.utf8.count && text.hasSuffix(mark)
    bytes += hasMark ? text.utf8.dropLast(mark.utf8.count) : text.utf8[...]
    if hasMark == isEnd, !SpecialRole.isBracketed(text) { bytes.append(0x20) }
  }

  /// Text with a character that stands for no byte was added as it is.
  private mutating func appendByteLevel(_ text: String) {
    let start = bytes.count
    for scalar in text.unicodeScalars {
      guard let byte = Self.byteOfCharacter(scalar) else {
        bytes.removeLast(bytes.count - start)
        bytes += text.utf8
        return
      }
      bytes.append(byte)
    }
  }

  /// GPT-2's `bytes_to_unicode`, backwards: 188 printable bytes are themselves, the others U+0100 and on.
  private static func byteOfCharacter(_ scalar: Unicode.Scalar) -> UInt8? {
    let value = scalar.value
    if (0x21...0x7E).contains(value) || (0xA1...0xAC).contains(value)
      || (0xAE...0xFF).contains(value)
    {
      return UInt8(value)
    }
    switch value {
    case 0x100...0x120: return UInt8(value - 0x100)
    case 0x121...0x142: return UInt8(value - 0x121 + 0x7F)
    case 0x143: return 0xAD
    default: return nil
    }
  }

  /// `<0x0A>`: the byte that it names.
  static func namedByte(_ text: String) -> UInt8? {
    let characters = Array(text.utf8)
    guard characters.count == 6, text.hasPrefix("<0x"), text.hasSuffix(">") else { return nil }
    return UInt8(String(decoding: characters[3..<5], as: UTF8.self), radix: 16)
  }
}
