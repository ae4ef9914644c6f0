/// What ArgumentParser says of words that make no sense, as one sentence of the tool's own kind.
struct ParserMessage {
  private let lines: [String]

  /// Takes the message apart: a line for each way in which the words could have been meant.
  init(_ message: String) {
    lines = message.split(separator: "\n").map { line in
      let words = line.split(separator: " ").joined(separator: " ")
      return words.hasSuffix(".") ? String(words.dropLast()) : words
    }
  }

  /// The sentence, with the next thing to do: the name that was meant, or the help of `verb`.
  func sentence(verb: String) -> String {
    let question = ". Did you mean "
    if lines.count == 1, let place = lines[0].firstRange(of: question) {
      return lines[0][..<place.lowerBound] + "; did you mean " + lines[0][place.upperBound...]
    }
    return lines.joined(separator: "; ") + "; see 'ligature\(verb) --help'"
  }
}
