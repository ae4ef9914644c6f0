internal import Checkpoints

/// How far two tokens may differ and still be the same.
public enum TokenMatch: String, CaseIterable, Sendable {
  /// The same bytes, spaces counted.
  case exact
  /// And special tokens of one role: the beginning, the end, padding.
  case role
  /// And the token of a byte with the token of the character that is this byte.
  case byte
}

extension TokenPairs {
  /// The tokens that two vocabularies have in common.
  ///
  /// - Parameters:
  ///   - recipient: The recipient's vocabulary.
  ///   - donor: The donor's.
  ///   - match: What counts as the same.
  /// - Throws: `tokenMap` where they have none in common.
  public init(
    matching recipient: Vocabulary, to donor: Vocabulary, by match: TokenMatch = .role
  ) throws(SurgeryError) {
    self.init([], source: "\(recipient.file) and \(donor.file)")
    let own = CanonicalTokens(recipient)
    let others = CanonicalTokens(donor)
    let roles = match == .exact ? [:] : SpecialRole.tokens(of: donor)
    pairs.reserveCapacity(min(recipient.count, donor.count))
    var counts = (exact: 0, role: 0, byte: 0)
    // Among tokens of one style that of a byte is not that of its character, unless that is asked for.
    let tellsBytes = recipient.style == donor.style && match != .byte
    for position in recipient.tokens.indices {
      let id = recipient.tokens[position].id
      if let found = others.position(of: position, in: own) {
        let isByteOfOne =
          recipient.style == donor.style && recipient.isByte(position) != donor.isByte(found)
        if !(isByteOfOne && tellsBytes) {
          if isByteOfOne { counts.byte += 1 } else { counts.exact += 1 }
          pairs.append(Pair(recipient: id, donor: donor.tokens[found].id))
          continue
        }
      }
      if match != .exact, let role = SpecialRole(recipient.tokens[position].text.text),
        let other = roles[role]
      {
        counts.role += 1
        pairs.append(Pair(recipient: id, donor: other))
      }
    }
    summary =
      "\(pairs.count) of \(recipient.count) tokens are the donor's too (\(counts.exact) exactly, \(counts.role) by "
      + "their role, \(counts.byte) as bytes; the files are \(recipient.style.rawValue) and "
      + "\(donor.style.rawValue))"
    if others.collisionCount > 0 {
      summary? +=
        "; of \(others.collisionCount) tokens of the donor that are the same as others the lowest ids are taken"
    }
    guard !pairs.isEmpty else { throw .tokenMap(.nothingInCommon, file: source, line: nil) }
  }
}

extension Vocabulary {
  /// Whether a token is written as a byte: `<0x0A>`.
  fileprivate func isByte(_ position: Int) -> Bool {
    style == .sentencePiece && CanonicalTokens.namedByte(tokens[position].text.text) != nil
  }
}

/// What a special token is for.
enum SpecialRole: String, CaseIterable {
  case beginning, end, padding, unknown, mask, classification, separator

  private static let names: [String: SpecialRole] = [
    "<s>": .beginning, "<bos>": .beginning, "<|begin_of_text|>": .beginning,
    "<|startoftext|>": .beginning, "[BOS]": .beginning, "<|im_start|>": .beginning,
    "</s>": .end, "<eos>": .end, "<|end_of_text|>": .end, "<|endoftext|>": .end, "[EOS]": .end,
    "<|im_end|>": .end, "<pad>": .padding, "[PAD]": .padding, "<|pad|>": .padding,
    "<unk>": .unknown, "[UNK]": .unknown, "<mask>": .mask, "[MASK]": .mask,
    "[CLS]": .classification, "<cls>": .classification, "[SEP]": .separator,
    "<sep>": .separator,
  ]

  /// The role that libraries give a token of that text.
  init?(_ text: String) {
    guard let role = Self.names[text] else { return nil }
    self = role
  }

  /// The token of each role; of several the lowest id.
  static func tokens(of vocabulary: Vocabulary) -> [SpecialRole: Int] {
    var result: [SpecialRole: Int] = [:]
    for token in vocabulary.tokens {
      guard let role = SpecialRole(token.text.text) else { continue }
      result[role] = min(result[role] ?? token.id, token.id)
    }
    return result
  }

  /// Whether a text is written as special tokens are: `[CLS]`, `<unk>`.
  static func isBracketed(_ text: String) -> Bool {
    text.utf8.count > 2
      && ((text.hasPrefix("[") && text.hasSuffix("]"))
        || (text.hasPrefix("<") && text.hasSuffix(">") && !text.hasSuffix("</w>")))
  }
}
