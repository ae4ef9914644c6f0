/// What a file's name says of its place in a checkpoint.
struct ShardName: Equatable {
  /// The name without numbers, variant and suffix: `model`.
  var stem: String
  /// The variant, as `fp16`.
  var variant: String?
  /// From the last dot on: `.safetensors`.
  var suffix: String
  /// Whether this is an index file.
  var isIndex = false
  /// The shard's number and how many there are, as in `-00001-of-00002`.
  var part: Part?
  /// The rank that wrote it, as in `shard-00001-` (torch's distributed checkpoint).
  var rank: Int?

  /// A shard's number, from 1, among how many.
  struct Part: Hashable {
    var number: Int
    var count: Int
    /// How the numbers are written, to say the names of others.
    var digitCount: Int
  }

  /// Suffixes of files that may be checkpoints.
  static let suffixes = [
    ".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".npz", ".npy", ".pkl", ".pickle", ".th",
  ]

  /// Takes the name of a file apart; nil if its suffix is not one of a checkpoint.
  init?(_ name: String) {
    var rest = name[...]
    if rest.hasSuffix(".pth.tar") { rest = rest.dropLast(4) }
    if let index = name.firstRange(of: ".index."), name.hasSuffix(".json") {
      isIndex = true
      // `model.safetensors.index.json`, and with a variant `model.safetensors.index.fp16.json`.
      let middle = name[index.upperBound...].dropLast(4)
      if !middle.isEmpty { variant = String(middle.dropLast()) }
      rest = name[..<index.lowerBound]
    }
    guard let dot = rest.lastIndex(of: "."), dot > rest.startIndex else { return nil }
    suffix = String(rest[dot...])
    guard Self.suffixes.contains(suffix) else { return nil }
    stem = String(rest[..<dot])
    takeNumbers()
    takeVariant()
    takeRank()
  }

  /// Takes `-00001-of-00002` off the stem.
  private mutating func takeNumbers() {
    let fields = stem.split(separator: "-", omittingEmptySubsequences: false)
    guard fields.count >= 4, fields[fields.count - 2] == "of",
      let count = Self.number(fields[fields.count - 1]),
      let number = Self.number(fields[fields.count - 3]), number >= 1, number <= count
    else { return }
    part = Part(number: number, count: count, digitCount: fields[fields.count - 1].utf8.count)
    stem = fields.dropLast(3).joined(separator: "-")
  }

  /// Takes `.fp16` off the stem: a component that has letters.
  private mutating func takeVariant() {
    guard variant == nil, let dot = stem.lastIndex(of: "."), dot > stem.startIndex else { return }
    let last = stem[stem.index(after: dot)...]
    guard last.utf8.count <= 8, last.utf8.allSatisfy(Self.isWord),
      last.utf8.contains(where: { $0 >= UInt8(ascii: "a") })
    else { return }
    variant = String(last)
    stem = String(stem[..<dot])
  }

  /// Takes `shard-00001-` off the stem.
  private mutating func takeRank() {
    let fields = stem.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3, fields[0] == "shard", let rank = Self.number(fields[1]) else { return }
    self.rank = rank
    stem = String(fields[2])
  }

  /// A number as these names have it: digits, at most a million.
  private static func number(_ text: Substring) -> Int? {
    guard text.utf8.count <= 6, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return Int(text)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
  }

  /// What follows the last slash.
  static func lastComponent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// What stands before the last slash, with it; empty for a name alone.
  static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }
}
