internal import Checkpoints
internal import TensorStorage

/// Why a file is no vocabulary.
public enum VocabularyFault: Error, Equatable, Sendable {
  /// It is larger than a vocabulary can be.
  case tooLarge(byteCount: Int)
  /// It has more tokens than this program takes.
  case tooManyTokens(limit: Int)
  /// It lists no token.
  case empty
  /// It begins as JSON and is none, or not that of a tokenizer; `byteOffset` is where.
  case json(reason: String, byteOffset: Int?)
  /// It begins as a SentencePiece model and is damaged.
  case protobuf(reason: String, byteOffset: Int)
  /// It is neither UTF-8 text nor anything else that is known.
  case notText
  /// A line of a text file cannot be read.
  case line(Int, reason: String)
  /// Two tokens have one id, or a token has an id that cannot be one.
  case id(Int, token: String, reason: String)

  /// A clause that follows the file and a colon.
  public var sentence: String {
    switch self {
    case .tooLarge(let byteCount):
      "has \(byteCount) bytes; a vocabulary of at most \(Vocabulary.largestByteCount) was expected"
    case .tooManyTokens(let limit):
      "has more than \(limit) tokens, the most that this program takes"
    case .empty: "lists no token"
    case .json(let reason, let byteOffset):
      (byteOffset.map { "byte \($0): " } ?? "") + reason
    case .protobuf(let reason, let byteOffset):
      "byte \(byteOffset): the SentencePiece model is damaged: \(reason)"
    case .notText:
      "is no vocabulary; tokenizer.json, vocab.json, vocab.txt, a SentencePiece model, tiktoken's or fairseq's "
        + "list was expected"
    case .line(let line, let reason): "line \(line): \(reason)"
    case .id(let id, let token, let reason):
      "token '\(escaped(token))' has the id \(id): \(reason)"
    }
  }

  /// The name of the case, for `--json`.
  public var code: String {
    switch self {
    case .tooLarge: "TooLarge"
    case .tooManyTokens: "TooManyTokens"
    case .empty: "EmptyVocabulary"
    case .json: "InvalidJSON"
    case .protobuf: "InvalidProtobuf"
    case .notText: "NotAVocabulary"
    case .line: "InvalidLine"
    case .id: "InvalidTokenID"
    }
  }
}
