/// A file that begins with text: pages, pointers, documents, errors.
struct ForeignText {
  /// How much of a line or a title is shown.
  private static let shownCharacterCount = 80

  private let text: String

  /// The text in `prefix`, whose last character may be cut; nil if it is not text.
  init?(_ prefix: [UInt8]) {
    let allowed: Set<UInt8> = [0x09, 0x0A, 0x0C, 0x0D, 0x1B]
    let isPlain = prefix.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || allowed.contains($0) }
    guard isPlain else { return nil }
    for cut in 0..<min(4, prefix.count) {
      guard let text = String(validating: prefix.dropLast(cut), as: UTF8.self) else { continue }
      self.text = String(text.drop { $0.isWhitespace || $0 == "\u{FEFF}" })
      return
    }
    return nil
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
    return start.hasPrefix("<!doctype html") || start.contains("<html") || start.hasPrefix("<head")
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
