/// The order in which people list names: `layers.2` before `layers.10`, and a module's own tensors
/// together (a dot sorts before every other character).
///
/// Each name becomes a key whose order as a number is the natural order; comparing keys eight bytes at a
/// time keeps a hundred thousand names within some tens of milliseconds.
package struct NaturalOrder {
  private var words: [UInt64] = []
  private var starts: [Int] = [0]
  private let names: [TensorName]

  /// Prepares to compare `names`.
  package init(of names: [TensorName]) {
    self.names = names
    words.reserveCapacity(names.count * 8)
    starts.reserveCapacity(names.count + 1)
    for name in names { appendKey(of: name) }
  }

  /// The positions of the names, sorted.
  package static func sorted(_ names: [TensorName]) -> [Int] {
    let order = NaturalOrder(of: names)
    return names.indices.sorted { order.precedes($0, $1) }
  }

  /// Whether name `a` comes before name `b`, both given by position.
  package func precedes(_ a: Int, _ b: Int) -> Bool {
    let (countA, countB) = (starts[a + 1] - starts[a], starts[b + 1] - starts[b])
    for offset in 0..<min(countA, countB) {
      let (wordA, wordB) = (words[starts[a] + offset], words[starts[b] + offset])
      if wordA != wordB { return wordA < wordB }
    }
    if countA != countB { return countA < countB }
    // Keys forget leading zeros (`w.01` and `w.1`).
    return names[a] < names[b]
  }

  private mutating func appendKey(of name: TensorName) {
    var key = KeyBytes()
    let bytes = name.text.utf8.span
    var position = 0
    while position < bytes.count {
      guard Self.isDigit(bytes[position]) else {
        let byte = bytes[position]
        key.append(byte == UInt8(ascii: ".") ? 1 : byte, to: &words)
        position += 1
        continue
      }
      var start = position
      while position < bytes.count, Self.isDigit(bytes[position]) { position += 1 }
      while start < position - 1, bytes[start] == UInt8(ascii: "0") { start += 1 }
      // Longer numbers are greater, equally long ones compare as text.
      key.append(UInt8(ascii: "0"), to: &words)
      key.append(UInt8(clamping: position - start), to: &words)
      for digit in start..<position { key.append(bytes[digit], to: &words) }
    }
    key.finish(to: &words)
    starts.append(words.count)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}

/// Bytes packed into words, most significant first, so that words compare as the bytes do.
private struct KeyBytes {
  private var word: UInt64 = 0
  private var byteCount = 0

  mutating func append(_ byte: UInt8, to words: inout [UInt64]) {
    word = word << 8 | UInt64(byte)
    byteCount += 1
    if byteCount == 8 {
      words.append(word)
      (word, byteCount) = (0, 0)
    }
  }

  func finish(to words: inout [UInt64]) {
    if byteCount > 0 { words.append(word << UInt64(8 * (8 - byteCount))) }
  }
}
