/// A name with a mark in place of each segment that is a number.
struct NameTemplate: Hashable {
  /// A byte that UTF-8 does not have.
  private static let mark: UInt8 = 0xFF

  private var bytes: [UInt8] = []
  /// FNV-1a of the bytes, which the library's hashing of arrays is slower than; from a start that nobody
  /// who makes a file can foresee.
  private var digest = Self.seed
  private static let seed = UInt64.random(in: 0...UInt64.max)

  func hash(into hasher: inout Hasher) { hasher.combine(digest) }

  mutating func appendMark() { append(Self.mark) }

  mutating func append(_ byte: UInt8) {
    bytes.append(byte)
    digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3
  }

  mutating func append(_ segment: Span<UInt8>) {
    // A variable of its own, which stays in a register.
    var digest = digest
    for position in segment.indices {
      bytes.append(segment[position])
      digest = (digest ^ UInt64(segment[position])) &* 0x100_0000_01B3
    }
    self.digest = digest
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    digest = Self.seed
  }
}

/// Names cut at their segments that are numbers.
struct SplitNames {
  /// The template of the last name.
  private(set) var template = NameTemplate()
  private var numbers: [Int] = []
  private var starts: [Int] = [0]

  /// Names of which there will be `capacity`.
  init(capacity: Int) {
    numbers.reserveCapacity(2 * capacity)
    starts.reserveCapacity(capacity + 1)
  }

  /// The numbers of the name at `position`, in order.
  func numbers(at position: Int) -> ArraySlice<Int> {
    numbers[starts[position]..<starts[position + 1]]
  }

  /// The number of the numeric segment `segment` of the name at `position`.
  func number(_ segment: Int, at position: Int) -> Int { numbers[starts[position] + segment] }

  /// Cuts one more name.
  mutating func append(_ name: TensorName) {
    let bytes = name.text.utf8.span
    template.removeAll()
    var start = 0
    for position in bytes.indices where bytes[position] == UInt8(ascii: ".") {
      appendSegment(bytes.extracting(start..<position))
      template.append(UInt8(ascii: "."))
      start = position + 1
    }
    appendSegment(bytes.extracting(start..<bytes.count))
    starts.append(numbers.count)
  }

  private mutating func appendSegment(_ segment: Span<UInt8>) {
    if let number = Self.number(segment) {
      numbers.append(number)
      return template.appendMark()
    }
    template.append(segment)
  }

  /// The number that a segment is, written as a program writes it: no leading zero, 18 digits at most.
  static func number(_ segment: Span<UInt8>) -> Int? {
    guard !segment.isEmpty, segment.count <= 18 else { return nil }
    guard segment.count == 1 || segment[0] != UInt8(ascii: "0") else { return nil }
    var value = 0
    for position in segment.indices {
      let digit = segment[position] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }
}
