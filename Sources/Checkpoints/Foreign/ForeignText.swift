/// A file that begins with text: pages, pointers, documents, errors.
struct ForeignText {
  /// How much of a line or a title is shown.
  private static let shownCharacterCount = 80

  private let text: String

  /// The text in `prefix`, whose last character may be cut; nil if it is not text.
  init?(_ prefix: [UInt8]) {
    let plain = prefix.prefix(while: Self.isPlain)
    guard let text = Self.decoded(plain) else { return nil }
    self.text = String(text.drop { $0.isWhitespace || $0 == "\u{FEFF}" })
    // A page is told by its beginning, whatever stands behind it.
    guard plain.count == prefix.count || isPage else { return nil }
  }

  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
    for cut in 0..<min(4, bytes.count) {
      if let text = String(validating: bytes.dropLast(cut), as: UTF8.self) { return text }
    }
    return nil
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (byte >= 0x20 && byte != 0x7F) || [0x09, 0x0A, 0x0C, 0x0D, 0x1B].contains(byte)
  }

  /// What the file is.
  var fault: ForeignFault {
    if let pointer { return pointer }
    if text.hasPrefix("<") { return isPage ? .webPage(title: title) : .kind(.xml) }
    if text.hasPrefix("{") || text.hasPrefix("[") { return .json(documentKind) }
    if isPickle { return .kind(.textPickle) }
    return .text(firstLine: shown(text.prefix { !$0.isNewline }))
  }

  private var isPage: Bool {
    let start = text.prefix(512).lowercased()
    return ["<!doctype html", "<html", "<head"].contains(where: start.hasPrefix)
      || (start.hasPrefix("<!") && start.contains("<html"))
  }

  private var title: String? {
    guard let start = text.firstRange(of: "<title>") else { return nil }
    let title = text[start.upperBound...].prefix { $0 != "<" }
    return shown(title.split(whereSeparator: \.isWhitespace).joined(separator: " "))
  }

  private func shown(_ part: some StringProtocol) -> String {
    let start = part.prefix(Self.shownCharacterCount)
    return start.count < part.count ? start + "…" : String(start)
  }

  /// The pointer file of Git LFS (its specification, version 1).
  private var pointer: ForeignFault? {
    guard text.hasPrefix("version https://git-lfs.github.com/spec/") else { return nil }
    var fields: [Substring: Substring] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      guard let space = line.firstIndex(of: " ") else { continue }
      fields[line[..<space]] = line[line.index(after: space)...]
    }
    let oid = fields["oid"] ?? "without oid"
    let digest = oid.hasPrefix("sha256:") ? oid.dropFirst(7) : oid
    return .lfsPointer(oid: shown(digest), byteCount: fields["size"].flatMap { Int($0) })
  }

  private var documentKind: ForeignFault.JSONKind {
    if text.contains("\"weight_map\"") { return .index }
    let configuration = ["\"architectures\"", "\"model_type\"", "\"_class_name\"", "\"class\""]
    if configuration.contains(where: text.contains) { return .configuration }
    return text.contains("\"added_tokens\"") ? .tokenizer : .other
  }

  /// Whether this is a pickle of protocol 0: a dictionary or list with its memo, or a global.
  private var isPickle: Bool {
    if ["(dp", "(lp", "(ip"].contains(where: text.hasPrefix) { return true }
    let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
    guard lines.count == 3, lines[0].hasPrefix("c") else { return false }
    return [lines[0].dropFirst(), lines[1]].allSatisfy { line in
      !line.isEmpty
        && line.unicodeScalars.allSatisfy {
          $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_" || $0 == "."
        }
    }
  }
}
