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
    var digits: [UInt8] = []
    for byte in name.text.utf8 {
      if (0x30...0x39).contains(byte) {
        if digits == [0x30] { digits = [] }
        digits.append(byte)
        continue
      }
      key.appendNumber(&digits)
      key.append(byte == UInt8(ascii: ".") ? 1 : byte)
    }
    key.appendNumber(&digits)
    words += key.finished()
    starts.append(words.count)
  }
}

/// Bytes packed into words, most significant first, so that words compare as the bytes do.
private struct KeyBytes {
  private var words: [UInt64] = []
  private var word: UInt64 = 0
  private var byteCount = 0

  mutating func append(_ byte: UInt8) {
    word = word << 8 | UInt64(byte)
    byteCount += 1
    if byteCount.isMultiple(of: 8) {
      words.append(word)
      word = 0
    }
  }

  /// Appends a run of digits: longer numbers are greater, equally long ones compare as text.
  mutating func appendNumber(_ digits: inout [UInt8]) {
    guard !digits.isEmpty else { return }
    append(0x30)
    append(UInt8(clamping: digits.count))
    for digit in digits { append(digit) }
    digits.removeAll(keepingCapacity: true)
  }

  func finished() -> [UInt64] {
    let used = byteCount % 8
    return used == 0 ? words : words + [word << UInt64(8 * (8 - used))]
  }
}
