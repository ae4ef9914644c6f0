internal import Checkpoints
internal import TensorStorage

/// The tokens of a vocabulary by their ids, as a tokenizer's file lists them.
public struct Vocabulary: Sendable {
  /// The file that it was read from.
  public let file: String
  /// How the file writes tokens.
  public let style: Style
  /// The tokens: id and text as the file has it, in the file's order.
  let tokens: [Entry]

  /// One token.
  struct Entry: Equatable, Sendable {
    var id: Int
    /// As the file writes it.
    var text: TensorName
    /// What it is for, where it is no text: `bos`, `pad`.
    var isSpecial = false
    /// The bytes, where the file gives bytes and not text (tiktoken).
    var bytes: [UInt8]?
  }

  /// How a file writes the bytes and spaces of its tokens.
  public enum Style: String, CaseIterable, Sendable {
    /// Each byte as a printable character (GPT-2): `Ġthe`.
    case byteLevel = "byte-level"
    /// A space as `▁`, single bytes as `<0x0A>` (SentencePiece).
    case sentencePiece = "sentencepiece"
    /// What continues a word begins with `##` (WordPiece).
    case wordPiece = "wordpiece"
    /// What ends a word ends in `</w>`.
    case wordEnd = "word-end"
    /// What does not end a word ends in `@@` (subword-nmt).
    case continuation
    /// Nothing is written otherwise.
    case plain
  }

  /// A vocabulary of these tokens.
  init(file: String, style: Style, tokens: [Entry]) {
    self.file = file
    self.style = style
    self.tokens = tokens
  }

  /// How many tokens it lists.
  public var count: Int { tokens.count }

  /// The ids of the tokens as the file writes them; of two with one text the lower one.
  func idsByText() -> [TensorName: Int] {
    Dictionary(tokens.lazy.map { ($0.text, $0.id) }, uniquingKeysWith: min)
  }

  /// The token that was probably meant.
  func nearest(to text: String) -> String? {
    NearestName.of(text, among: tokens.lazy.map(\.text.text))
  }
}
