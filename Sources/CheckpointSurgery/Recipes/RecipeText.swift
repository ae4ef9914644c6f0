internal import TensorStorage
internal import Yams

/// The text of a recipe: YAML, of which JSON is a part.
///
/// In order of priority: nothing that is read can cost more than its size (no aliases, bounded nesting, size and
/// number of values), every value keeps its line, and words stay words (only `true`, `false` and numbers in
/// JSON's spelling are anything else).
enum RecipeText {
  // A recipe is some kilobytes; a file of this size is something else.
  static let largestByteCount = 1 << 20
  // Steps are a map in a list in a map; twenty times that is a mistake.
  static let deepestNesting = 64
  static let largestValueCount = 100_000

  /// The value that a text stands for.
  static func parse(_ text: String) throws(RecipeFault) -> RecipeNode {
    try refuseAnchors(text)
    let root: Node?
    do {
      root = try Parser(yaml: text, encoding: .utf8).singleRoot()
    } catch let error as YamlError {
      throw error.recipeFault
    } catch {
      throw RecipeFault(line: 1, reason: "\(error)")
    }
    guard let root else {
      throw RecipeFault(line: 1, reason: "the file is empty; a recipe was expected")
    }
    var count = 0
    return try node(root, depth: 0, count: &count)
  }

  private static func node(
    _ node: Node, depth: Int, count: inout Int
  ) throws(RecipeFault) -> RecipeNode {
    let line = node.mark?.line ?? 0
    count += 1
    guard depth < deepestNesting, count <= largestValueCount else {
      throw RecipeFault(
        line: line,
        reason: "more than \(deepestNesting) levels or \(largestValueCount) values are no recipe")
    }
    switch node {
    case .scalar(let scalar):
      let isQuoted = scalar.style != .plain && scalar.style != .any
      return RecipeNode(.scalar(scalar.string, isQuoted: isQuoted), line: line)
    case .sequence(let sequence):
      var elements: [RecipeNode] = []
      for element in sequence {
        elements.append(try self.node(element, depth: depth + 1, count: &count))
      }
      return RecipeNode(.list(elements), line: line)
    case .mapping(let mapping):
      var members: [(key: String, value: RecipeNode)] = []
      for (key, value) in mapping {
        guard case .scalar(let name) = key else {
          throw RecipeFault(line: key.mark?.line ?? line, reason: "a key must be a word")
        }
        let value = try self.node(value, depth: depth + 1, count: &count)
        // A fault of a member is told with the line of its key.
        members.append((name.string, RecipeNode(value.content, line: key.mark?.line ?? line)))
      }
      return RecipeNode(.map(members), line: line)
    case .alias:
      throw RecipeFault(line: line, reason: anchorReason)
    }
  }

  private static let anchorReason =
    "anchors (&), aliases (*) and tags (!) are not read in a recipe; write the value out, and put a text that "
    + "begins with such a character in quotes"

  /// Refuses anchors before anything follows them: a few lines of aliases stand for any number of values.
  ///
  /// Where it is not clear whether a character stands in quotes, it is taken not to.
  private static func refuseAnchors(_ text: String) throws(RecipeFault) {
    for (index, line) in text.utf8.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    ).enumerated() {
      if let reason = refusal(of: line) { throw RecipeFault(line: index + 1, reason: reason) }
    }
  }

  /// The first thing in a line that is not read: an anchor, an alias, a tag, a quotation that goes on.
  ///
  /// A quotation that ends in its line keeps this in step with the parser: neither is ever inside one where a
  /// line begins.
  private static func refusal(of line: Substring.UTF8View) -> String? {
    var quote: UInt8?
    var isEscaped = false
    var hasQuotedKey = false
    var before = UInt8(ascii: " ")
    // The last that is not a space; a value may begin behind dashes too.
    var last = UInt8(ascii: "[")
    for byte in line {
      defer { before = byte }
      if let open = quote {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\"), open == UInt8(ascii: "\"") {
          isEscaped = true
        } else if byte == open {
          (quote, hasQuotedKey, last) = (nil, true, byte)
        }
        continue
      }
      if isSpace(byte) { continue }
      let isBehindSign = [0x5B, 0x7B, 0x2C].contains(last)
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        let isBehindKey = last == UInt8(ascii: ":") && (isSpace(before) || hasQuotedKey)
        if isBehindSign || isBehindKey { quote = byte }
      case UInt8(ascii: "#") where isSpace(before): return nil
      case UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"):
        if isSpace(before) || isBehindSign || last == UInt8(ascii: ":") { return anchorReason }
      default: break
      }
      let isDash = [UInt8(ascii: "-"), UInt8(ascii: "?")].contains(byte)
      if isDash, last == UInt8(ascii: "[") { continue }
      if byte != UInt8(ascii: ":") { hasQuotedKey = false }
      last = byte
    }
    return quote == nil ? nil : "a quoted text must end in its line"
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")].contains(byte)
  }
}

extension YamlError {
  /// The same as a fault of a line.
  fileprivate var recipeFault: RecipeFault {
    switch self {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      RecipeFault(line: mark.line, reason: problem)
    case .duplicatedKeysInMapping(let keys, let context):
      RecipeFault(
        line: context.mark.line, reason: "the key '\(escaped(keys.first ?? ""))' stands there twice"
      )
    default: RecipeFault(line: 1, reason: "not YAML: \(self)")
    }
  }
}
