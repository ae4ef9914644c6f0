internal import Checkpoints
internal import TensorStorage

/// Hugging Face's `tokenizer.json`, and `vocab.json`: an object of tokens and ids.
enum TokenizerJSON {
  typealias Entry = Vocabulary.Entry

  /// Reads the tokens, and the style if the file says it.
  static func read(
    _ bytes: [UInt8]
  ) throws(VocabularyFault) -> (tokens: [Entry], style: Vocabulary.Style?) {
    let value: JSONValue
    do { value = try JSONText(bytes).value } catch {
      throw .json(reason: error.description, byteOffset: error.byteOffset)
    }
    guard let model = value["model"], model.members != nil else {
      return (try tokens(value, what: "the object"), nil)
    }
    guard let vocabulary = model["vocab"] else {
      throw .json(reason: "\"model\" has no \"vocab\"", byteOffset: nil)
    }
    var found: [Entry]
    if let pieces = vocabulary.elements {
      found = try unigram(pieces)
    } else {
      found = try tokens(vocabulary, what: "\"model.vocab\"")
    }
    try addSpecials(value["added_tokens"], to: &found)
    return (found, style(of: value, model))
  }

  private static func tokens(_ value: JSONValue, what: String) throws(VocabularyFault) -> [Entry] {
    guard let members = value.members else {
      throw .json(reason: "\(what) must be an object of tokens and ids", byteOffset: nil)
    }
    var found: [Entry] = []
    found.reserveCapacity(members.count)
    for member in members {
      guard let id = member.value.int else {
        throw .json(
          reason: "\(what): the id of '\(escaped(member.key))' must be a whole number, not "
            + member.value.kindName, byteOffset: nil)
      }
      found.append(Entry(id: id, text: TensorName(member.key)))
    }
    return found
  }

  /// `[[piece, score], …]`, the position is the id.
  private static func unigram(_ pieces: [JSONValue]) throws(VocabularyFault) -> [Entry] {
    var found: [Entry] = []
    found.reserveCapacity(pieces.count)
    for (id, piece) in pieces.enumerated() {
      guard let text = piece.elements?.first?.string else {
        throw .json(
          reason: "\"model.vocab\": element \(id) must be a piece and its score", byteOffset: nil)
      }
      found.append(Entry(id: id, text: TensorName(text)))
    }
    return found
  }

  /// Added tokens have the last word on what an id is.
  private static func addSpecials(
    _ value: JSONValue?, to tokens: inout [Entry]
  ) throws(VocabularyFault) {
    guard let added = value?.elements, !added.isEmpty else { return }
    var positions: [Int: Int] = [:]
    for (position, token) in tokens.enumerated() { positions[token.id] = position }
    for (number, element) in added.enumerated() {
      guard let id = element["id"]?.int, let content = element["content"]?.string else {
        throw .json(
          reason: "\"added_tokens\": element \(number) needs an \"id\" and a \"content\"",
          byteOffset: nil)
      }
      let entry = Entry(
        id: id, text: TensorName(content), isSpecial: element["special"]?.bool ?? false,
        bytes: [UInt8](content.utf8))
      if let position = positions[id] {
        tokens[position] = entry
      } else {
        positions[id] = tokens.count
        tokens.append(entry)
      }
    }
  }

  private static func style(of value: JSONValue, _ model: JSONValue) -> Vocabulary.Style? {
    let type = model["type"]?.string
    if type == "WordPiece" { return .wordPiece }
    if type == "Unigram" { return .sentencePiece }
    var parts: Set<String> = []
    for name in ["decoder", "pre_tokenizer", "normalizer"] {
      if let part = value[name] { collectTypes(part, &parts) }
    }
    if parts.contains("ByteLevel") { return .byteLevel }
    if parts.contains("Metaspace") || model["byte_fallback"]?.bool == true { return .sentencePiece }
    if model["end_of_word_suffix"]?.string == "</w>" { return .wordEnd }
    return nil
  }

  /// The `type` of a part and of the parts that it is a sequence of.
  private static func collectTypes(_ part: JSONValue, _ types: inout Set<String>) {
    if let type = part["type"]?.string { types.insert(type) }
    for list in ["decoders", "pretokenizers", "normalizers"] {
      for inner in part[list]?.elements ?? [] {
        if let type = inner["type"]?.string { types.insert(type) }
      }
    }
  }
}
