internal import Checkpoints
internal import TensorStorage

extension Vocabulary {
  /// Reads the vocabulary of a tokenizer: `tokenizer.json`, `vocab.json`, a SentencePiece model, or a text file
  /// (`vocab.txt`, tiktoken, fairseq's `dict.txt`).
  ///
  /// What it is is told from its content.
  ///
  /// - Throws: `vocabulary` for a file that is none of these; `format` for one that cannot be read.
  public init(contentsOf path: String) throws(SurgeryError) {
    let file: RandomAccessFile
    let bytes: [UInt8]
    do throws(FileError) { file = try RandomAccessFile(path: path) } catch {
      throw .format(FormatError(error, file: path))
    }
    guard file.byteCount <= Self.largestByteCount else {
      throw .vocabulary(.tooLarge(byteCount: file.byteCount), file: path)
    }
    do throws(FileError) { bytes = try file.bytes(at: 0, count: file.byteCount) } catch {
      throw .format(FormatError(error, file: path))
    }
    do throws(VocabularyFault) { self = try Self.read(bytes, file: path) } catch {
      throw .vocabulary(error, file: path)
    }
  }

  // Vocabularies of a million tokens have some tens of megabytes.
  static let largestByteCount = 256 << 20
}

extension Vocabulary {
  /// More tokens than any vocabulary has, and ids stay small enough for arrays over them.
  static let largestCount = 1 << 24

  /// Reads the bytes of a file.
  static func read(_ bytes: [UInt8], file: String) throws(VocabularyFault) -> Vocabulary {
    let first = bytes.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }
    let tokens: (tokens: [Entry], style: Style?)
    if first == UInt8(ascii: "{") {
      tokens = try TokenizerJSON.read(bytes)
    } else if bytes.first == SentencePieceModel.firstByte, SentencePieceModel.isOne(bytes) {
      tokens = (try SentencePieceModel.read(bytes), .sentencePiece)
    } else {
      tokens = try TokenList.read(bytes)
    }
    guard !tokens.tokens.isEmpty else { throw .empty }
    try check(tokens.tokens)
    return Vocabulary(
      file: file, style: tokens.style ?? Style(of: tokens.tokens), tokens: tokens.tokens)
  }

  private static func check(_ tokens: [Entry]) throws(VocabularyFault) {
    guard tokens.count <= largestCount else { throw .tooManyTokens(limit: largestCount) }
    var seen: Set<Int> = []
    seen.reserveCapacity(tokens.count)
    for token in tokens {
      guard (0..<largestCount).contains(token.id) else {
        throw .id(token.id, token: token.text.text, reason: "ids are 0 to \(largestCount - 1)")
      }
      guard seen.insert(token.id).inserted else {
        throw .id(token.id, token: token.text.text, reason: "another token has it too")
      }
    }
  }
}

extension Vocabulary.Style {
  /// The style that most tokens speak for, where the file does not say it.
  init(of tokens: [Vocabulary.Entry]) {
    var votes: [Self: Int] = [:]
    for token in tokens {
      let text = token.text.text
      if text.hasPrefix("Ġ") { votes[.byteLevel, default: 0] += 1 }
      if text.hasPrefix("▁") { votes[.sentencePiece, default: 0] += 1 }
      if text.hasPrefix("##") { votes[.wordPiece, default: 0] += 1 }
      if text.hasSuffix("</w>") { votes[.wordEnd, default: 0] += 1 }
      if text.hasSuffix("@@") { votes[.continuation, default: 0] += 1 }
    }
    let best = votes.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }
    // One such token in a thousand is a token like any other.
    self = best.flatMap { $0.value * 1000 > tokens.count ? $0.key : nil } ?? .plain
  }
}
