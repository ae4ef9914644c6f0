internal import TensorStorage

/// Which token of one model stands for which of another, by their ids.
public struct TokenPairs: Equatable, Sendable {
  /// One pair, and the line of the file that says so.
  public struct Pair: Hashable, Sendable {
    /// The token of the recipient.
    public var recipient: Int
    /// The token of the donor.
    public var donor: Int
    /// The line, counted from 1; nil if there is none.
    public var line: Int?

    /// A pair.
    public init(recipient: Int, donor: Int, line: Int? = nil) {
      self.recipient = recipient
      self.donor = donor
      self.line = line
    }
  }

  /// The pairs in the order in which they were given.
  public var pairs: [Pair]
  /// The file that they were read from, or what says so (`--rows`).
  public var source: String
  /// What the pairs were found by, a sentence; nil for what was given.
  public var summary: String?

  /// Pairs of tokens.
  public init(_ pairs: [Pair], source: String) {
    self.pairs = pairs
    self.source = source
  }

  /// Refuses ids that are not those of tokens, and two donors of one recipient.
  func check(recipientCount: Int, donorCount: Int) throws(SurgeryError) {
    var lines: [Int: Int?] = [:]
    for pair in pairs {
      for (id, count, side) in [
        (pair.recipient, recipientCount, TokenMapFault.Side.recipient),
        (pair.donor, donorCount, .donor),
      ] where !(0..<count).contains(id) {
        throw .tokenMap(.outOfRange(side, id: id, count: count), file: source, line: pair.line)
      }
      if let earlier = lines.updateValue(pair.line, forKey: pair.recipient) {
        throw .tokenMap(
          .repeated("\(pair.recipient)", earlierLine: earlier), file: source, line: pair.line)
      }
    }
  }
}

/// What is wrong with a file that maps tokens, or with a line of it.
public enum TokenMapFault: Error, Equatable, Sendable {
  /// Whose tokens are meant.
  public enum Side: String, Sendable {
    case recipient, donor
  }

  /// The line does not have two columns.
  case notAPair
  /// No token has that id.
  case outOfRange(Side, id: Int, count: Int)
  /// The recipient's token stands in an earlier line too.
  case repeated(String, earlierLine: Int?)
  /// The vocabulary has no such token.
  case unknown(Side, token: String, vocabulary: String, nearest: String?)
  /// A token is named by its text, and no vocabulary was given.
  case needsVocabulary(Side, token: String)
  /// The file has no pair.
  case empty
  /// Two vocabularies have no token in common.
  case nothingInCommon

  /// A clause that follows the file, the line and a colon.
  public var sentence: String {
    switch self {
    case .notAPair:
      "two columns were expected, separated by a tab or a comma: the recipient's token, the donor's"
    case .outOfRange(let side, let id, let count):
      "\(id) is no token of the \(side.rawValue), which has the ids 0 to \(count - 1)"
    case .repeated(let token, let line):
      "the recipient's token '\(escaped(token))' stands in "
        + (line.map { "line \($0)" } ?? "an earlier pair") + " too"
    case .unknown(let side, let token, let vocabulary, let nearest):
      "'\(escaped(token))' is no token of the \(side.rawValue) (\(escaped(vocabulary)))"
        + (nearest.map { "; did you mean '\(escaped($0))'?" } ?? "")
    case .needsVocabulary(let side, let token):
      "'\(escaped(token))' is the text of a token, and the \(side.rawValue)'s vocabulary is needed to find "
        + "it; \(side == .recipient ? "--vocab" : "--from-vocab") FILE names it"
    case .empty: "there is no pair of tokens in it"
    case .nothingInCommon: "the two vocabularies have no token in common"
    }
  }

  /// The name of the case, for `--json`.
  public var code: String {
    switch self {
    case .notAPair: "InvalidPair"
    case .outOfRange: "TokenOutOfRange"
    case .repeated: "RepeatedToken"
    case .unknown: "UnknownToken"
    case .needsVocabulary: "NeedsVocabulary"
    case .empty: "EmptyMap"
    case .nothingInCommon: "NothingInCommon"
    }
  }
}
