internal import Checkpoints
internal import TensorStorage

/// Token ids of a file, one in a line.
public struct TokenIDList: Hashable, Sendable {
  /// The file.
  public let path: String
  /// The ids in order.
  public let ids: [Int]

  private let lines: [Int]

  /// Reads the ids of a file; lines that are empty are passed over.
  ///
  /// - Throws: `tokenList` where a line is not a whole number, `format` where the file cannot be read.
  public init(contentsOf path: String) throws(SurgeryError) {
    let read: [ListingFile.Line]
    do { read = try ListingFile.lines(path: path) } catch { throw .format(error) }
    var ids: [Int] = []
    for line in read {
      let word = line.text.split(whereSeparator: \.isWhitespace)
      guard word.count == 1, let id = Int(word[0]), id >= 0 else {
        throw .tokenList(file: path, line: line.number, .notAnID(line.text))
      }
      ids.append(id)
    }
    self.path = path
    self.ids = ids
    lines = read.map(\.number)
  }

  /// Refuses an id that is not one of `tokenCount` tokens, one that stands there twice, and none at all.
  func check(tokenCount: Int) throws(SurgeryError) {
    if ids.isEmpty { throw .tokenList(file: path, line: 1, .empty) }
    var firstLines: [Int: Int] = [:]
    for (id, line) in zip(ids, lines) {
      guard id < tokenCount else {
        throw .tokenList(file: path, line: line, .outOfRange(id: id, tokenCount: tokenCount))
      }
      if let first = firstLines.updateValue(line, forKey: id) {
        throw .tokenList(file: path, line: line, .repeated(id: id, firstLine: first))
      }
    }
  }

  /// Refuses a list that leaves out one of `tokenCount` tokens, or that `check` refuses.
  func checkPermutation(tokenCount: Int) throws(SurgeryError) {
    try check(tokenCount: tokenCount)
    let there = Set(ids)
    if let missing = (0..<tokenCount).first(where: { !there.contains($0) }) {
      throw .tokenList(
        file: path, line: lines.last ?? 1, .gap(id: missing, tokenCount: tokenCount))
    }
  }
}

extension SurgeryError {
  /// What is wrong with a list of tokens.
  public enum TokenListFault: Hashable, Sendable {
    /// A line is not a whole number.
    case notAnID(String)
    /// The vocabulary ends before that id.
    case outOfRange(id: Int, tokenCount: Int)
    /// The id stands in an earlier line too.
    case repeated(id: Int, firstLine: Int)
    /// A permutation leaves out a token.
    case gap(id: Int, tokenCount: Int)
    /// There is no id.
    case empty

    var sentence: String {
      switch self {
      case .notAnID(let text):
        "'\(escaped(String(text.prefix(40))))' is not a token id; a whole number was expected"
      case .outOfRange(let id, let tokenCount):
        "the id \(id) is outside the vocabulary of \(tokenCount) tokens (0 to \(tokenCount - 1))"
      case .repeated(let id, let firstLine):
        "the id \(id) stands in line \(firstLine) too; each token can be there once"
      case .gap(let id, let tokenCount):
        "the list ends without the id \(id); a permutation has each of the \(tokenCount) tokens once "
          + "(--keep-tokens leaves some out)"
      case .empty: "the file has no id; one in a line was expected"
      }
    }
  }
}
