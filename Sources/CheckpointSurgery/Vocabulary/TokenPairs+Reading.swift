internal import Checkpoints
internal import TensorStorage

extension TokenPairs {
  /// Reads pairs from a text file: on each line the recipient's token and the donor's, separated by a tab or,
  /// where the line has none, by a comma.
  ///
  /// A token is named by its id, or by its text where the vocabulary is given; text of digits only stands in
  /// double quotes, as JSON writes strings, and so may any other. Empty lines, and lines that begin with `#` and
  /// are no pair, are skipped.
  ///
  /// - Throws: `tokenMap` with the line that is wrong; `format` where the file cannot be read.
  public init(
    contentsOf path: String, recipient: Vocabulary? = nil, donor: Vocabulary? = nil
  ) throws(SurgeryError) {
    let lines: [ListingFile.Line]
    do throws(FormatError) { lines = try ListingFile.lines(path: path) } catch {
      throw .format(error)
    }
    self.init([], source: path)
    let recipient = recipient.map { TokenIndex($0, .recipient) } ?? TokenIndex(.recipient)
    let donor = donor.map { TokenIndex($0, .donor) } ?? TokenIndex(.donor)
    var firstLines: [Int: Int] = [:]
    for line in lines {
      guard let fields = Self.fields(of: line.text) else {
        if line.text.hasPrefix("#") { continue }
        throw .tokenMap(.notAPair, file: path, line: line.number)
      }
      do throws(TokenMapFault) {
        let pair = Pair(
          recipient: try recipient.id(fields.0),
          donor: try donor.id(fields.1), line: line.number)
        if let earlier = firstLines.updateValue(line.number, forKey: pair.recipient) {
          throw .repeated(fields.0, earlierLine: earlier)
        }
        pairs.append(pair)
      } catch { throw .tokenMap(error, file: path, line: line.number) }
    }
    guard !pairs.isEmpty else { throw .tokenMap(.empty, file: path, line: nil) }
  }

  private static func fields(of line: String) -> (String, String)? {
    let separator: Character = line.utf8.contains(0x09) ? "\t" : ","
    let parts = line.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    // Beside a comma a space is for the eye; beside a tab it may be a token.
    let fields = parts.map { separator == "\t" ? String($0) : $0.trimmed }
    return (fields[0], fields[1])
  }
}

/// Finds the tokens of one side of a map.
private struct TokenIndex {
  private let side: TokenMapFault.Side
  private let vocabulary: Vocabulary?
  private let ids: [TensorName: Int]

  /// A side without a vocabulary: tokens are ids.
  init(_ side: TokenMapFault.Side) {
    (self.side, vocabulary, ids) = (side, nil, [:])
  }

  init(_ vocabulary: Vocabulary, _ side: TokenMapFault.Side) {
    self.side = side
    self.vocabulary = vocabulary
    ids = vocabulary.idsByText()
  }

  /// The id that a field of the file names.
  func id(_ field: String) throws(TokenMapFault) -> Int {
    if field.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let id = Int(field) { return id }
    var text = field
    if field.count > 1, field.first == "\"", let value = try? JSONText(Array(field.utf8)).value,
      let string = value.string
    {
      text = string
    }
    guard let vocabulary else { throw .needsVocabulary(side, token: text) }
    if let id = ids[TensorName(text)] { return id }
    throw .unknown(
      side, token: text, vocabulary: vocabulary.file, nearest: vocabulary.nearest(to: text))
  }
}

extension TokenPairs {
  /// Reads ranges as `0:100=50:150`: the recipient's rows 0 to 99 become the donor's rows 50 to 149.
  ///
  /// - Throws: `transplant` for what is no range, and for two ranges of different lengths.
  public init(ranges: [String]) throws(SurgeryError) {
    self.init([], source: "--rows")
    for text in ranges {
      let sides = text.split(separator: "=", omittingEmptySubsequences: false).map(Self.range)
      guard sides.count == 2, let recipient = sides[0], let donor = sides[1] else {
        throw Self.fault(text, "it is written A:B=C:D, as 0:100=50:150")
      }
      guard recipient.count == donor.count else {
        throw Self.fault(
          text, "the recipient's rows are \(recipient.count), and the donor's \(donor.count)")
      }
      guard recipient.count <= Self.largestCount - pairs.count else {
        throw Self.fault(text, "it has more rows than any table")
      }
      pairs += zip(recipient, donor).map { Pair(recipient: $0, donor: $1) }
    }
  }

  /// No table has more rows than constructor arguments may count.
  private static let largestCount = 1 << 28

  private static func range(_ text: Substring) -> Range<Int>? {
    let ends = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, let first = ends[0], let end = ends[1], first >= 0, first < end else {
      return nil
    }
    return first..<end
  }

  private static func fault(_ text: String, _ reason: String) -> SurgeryError {
    .transplant(.range(text, reason: reason), model: "transplant")
  }
}

extension Substring {
  /// Without spaces at its ends.
  fileprivate var trimmed: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
