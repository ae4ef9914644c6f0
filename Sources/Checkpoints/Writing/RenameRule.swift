internal import _StringProcessing

/// A substitution in names, written as sed writes it: `s/RE/REPLACEMENT/FLAGS`.
///
/// Any ASCII punctuation may stand for `/`; a backslash makes it an ordinary character. The expression is
/// a Swift (that is, Perl-like) one. In the replacement `&` is the match, `\0`…`\9` its groups, `\&` and
/// `\\` the characters. Flags: `g` every match instead of the first, `i` without regard to case.
public struct RenameRule: Sendable, CustomStringConvertible {
  /// The rule as it was written.
  public let text: String

  private let pattern: String
  private let replacement: [Piece]
  private let isGlobal: Bool
  private let ignoresCase: Bool

  private enum Piece: Sendable {
    case text(String)
    case group(Int)
  }

  /// Why a text is not a rule.
  public enum Fault: Error, Equatable, Sendable, CustomStringConvertible {
    case notASubstitution
    case delimiterMissing(Character)
    case unknownFlag(Character)
    case invalidExpression(String)
    case unknownGroup(Int, groupCount: Int)

    /// What is wrong, and what was expected.
    public var description: String {
      switch self {
      case .notASubstitution: "a rule is written s/RE/REPLACEMENT/"
      case .delimiterMissing(let delimiter):
        "three '\(delimiter)' were expected, as in s\(delimiter)RE\(delimiter)REPLACEMENT\(delimiter)"
      case .unknownFlag(let flag): "the flag '\(flag)' is neither g nor i"
      case .invalidExpression(let expression): "'\(expression)' is not a regular expression"
      case .unknownGroup(let group, let groupCount):
        "\\\(group) refers to a group, and the expression has \(groupCount)"
      }
    }
  }

  /// Reads a rule, `s/RE/REPLACEMENT/FLAGS`.
  public init(_ text: String) throws(Fault) {
    guard text.first == "s", let delimiter = text.dropFirst().first,
      delimiter.isASCII, !delimiter.isLetter, !delimiter.isNumber, !delimiter.isWhitespace,
      delimiter != "\\"
    else { throw .notASubstitution }
    let parts = Self.split(text.dropFirst(2), at: delimiter)
    guard parts.count == 3 else { throw .delimiterMissing(delimiter) }
    if let flag = parts[2].first(where: { $0 != "g" && $0 != "i" }) { throw .unknownFlag(flag) }
    self.text = text
    pattern = parts[0]
    isGlobal = parts[2].contains("g")
    ignoresCase = parts[2].contains("i")
    replacement = Self.pieces(of: parts[1])
    try check()
  }

  /// The rule as it was written.
  public var description: String { text }

  /// Cuts at each bare delimiter; an escaped one loses its backslash, every other escape stays.
  private static func split(_ text: Substring, at delimiter: Character) -> [String] {
    var parts = [""]
    var isEscaped = false
    for character in text {
      if isEscaped {
        parts[parts.count - 1] += character == delimiter ? "\(delimiter)" : "\\\(character)"
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == delimiter, parts.count < 3 {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    if isEscaped { parts[parts.count - 1] += "\\" }
    return parts
  }

  private static func pieces(of replacement: String) -> [Piece] {
    var pieces: [Piece] = []
    var literal = ""
    var isEscaped = false
    func flush() {
      if !literal.isEmpty { pieces.append(.text(literal)) }
      literal = ""
    }
    for character in replacement {
      if isEscaped, character.isASCII, let group = character.wholeNumberValue {
        flush()
        pieces.append(.group(group))
        isEscaped = false
      } else if isEscaped || (character != "\\" && character != "&") {
        literal.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        flush()
        pieces.append(.group(0))
      }
    }
    if isEscaped { literal += "\\" }
    flush()
    return pieces
  }
}

extension RenameRule {
  /// A rule made ready for many names; a compiled expression cannot be kept in a `Sendable` value.
  struct Renamer {
    private let rule: RenameRule
    private let expression: Regex<AnyRegexOutput>

    fileprivate init(_ rule: RenameRule) throws(Fault) {
      self.rule = rule
      let expression: Regex<AnyRegexOutput>
      do { expression = try Regex(rule.pattern) } catch { throw .invalidExpression(rule.pattern) }
      // Names are compared by scalars everywhere, so the expression must not merge combining ones.
      self.expression = expression.matchingSemantics(.unicodeScalar).ignoresCase(rule.ignoresCase)
    }

    /// The name after the substitution.
    func renamed(_ name: TensorName) -> TensorName {
      let text = name.text
      guard let first = text.firstMatch(of: expression) else { return name }
      let matches = rule.isGlobal ? text.matches(of: expression) : [first]
      var result = ""
      var end = text.startIndex
      for match in matches {
        result += text[end..<match.range.lowerBound]
        for piece in rule.replacement { result += Self.text(of: piece, in: match) }
        end = match.range.upperBound
      }
      return TensorName(result + text[end...])
    }

    private static func text(of piece: Piece, in match: Regex<AnyRegexOutput>.Match) -> Substring {
      switch piece {
      case .text(let text): Substring(text)
      // A group in a branch that was not taken is empty.
      case .group(let number): match.output[number].substring ?? ""
      }
    }
  }

  /// The rule, ready to be applied; the expression was found to be one when the rule was made.
  func renamer() throws(Fault) -> Renamer { try Renamer(self) }

  private func check() throws(Fault) {
    _ = try Renamer(self)
    let groupCount = Self.groupCount(of: pattern)
    for case .group(let number) in replacement where number > groupCount {
      throw .unknownGroup(number, groupCount: groupCount)
    }
  }

  /// Counts the capturing groups: `(` that is neither escaped, nor in a set, nor followed by `?`
  /// (but `(?<name>` captures).
  private static func groupCount(of pattern: String) -> Int {
    let scalars = Array(pattern.unicodeScalars)
    var count = 0
    var isInSet = false
    var position = 0
    while position < scalars.count {
      switch scalars[position] {
      case "\\": position += 1
      case "[": isInSet = true
      case "]": isInSet = false
      case "(" where !isInSet:
        let next = scalars[(position + 1)...].prefix(3).map(String.init).joined()
        let isNamed = next.hasPrefix("?<") && next != "?<=" && next != "?<!"
        if !next.hasPrefix("?") || isNamed { count += 1 }
      default: break
      }
      position += 1
    }
    return count
  }
}
