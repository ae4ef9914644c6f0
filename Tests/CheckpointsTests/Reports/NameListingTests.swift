import Checkpoints
import Testing

@Suite struct `Natural order of names` {
  @Test func `puts numbers by value and a module's own names together`() {
    let expected = [
      "a", "a.b", "a.b.2.x", "a.b.10.x", "a.b.x", "a-b", "a0", "a2", "a010", "a10", "ab",
      "layers.9.w", "layers.10.b", "layers.10.w", "layers.100.w", "layers.123456789012345678901.w",
    ]
    for names in [expected, expected.reversed(), expected.sorted()] {
      let order = NaturalOrder.sorted(names.map { TensorName($0) })
      #expect(order.map { names[$0] } == expected)
    }
  }

  @Test func `tells canonically equivalent names apart by their bytes`() {
    let names = ["\u{E9}", "e\u{301}", "e"].map { TensorName($0) }
    #expect(NaturalOrder.sorted(names) == [2, 1, 0])
  }
}

@Suite struct `Folding of names` {
  static func rows(_ names: [String], kinds: [Int]? = nil) -> [String] {
    NameFolding.rows(of: names.map { TensorName($0) }) { kinds?[$0] ?? 0 }
      .map { "\($0.name) ×\($0.members.count)" }
  }

  @Test func `makes one row of the layers that are alike`() {
    let names = (0..<12).reversed().flatMap { ["layers.\($0).w", "layers.\($0).b"] } + ["norm.w"]
    #expect(Self.rows(names) == ["layers.{0..11}.b ×12", "layers.{0..11}.w ×12", "norm.w ×1"])
  }

  @Test func `writes steps and gaps as a shell expands them`() {
    #expect(NameFolding.braces([0, 1, 2, 3]) == "{0..3}")
    #expect(NameFolding.braces([1, 3, 5, 7]) == "{1..7..2}")
    #expect(NameFolding.braces([0, 1]) == "{0,1}")
    #expect(NameFolding.braces([0, 1, 2, 5, 7, 8]) == "{0..2,5,7,8}")
  }

  @Test func `keeps tensors of other kinds in rows of their own`() {
    let names = (0..<6).map { "layers.\($0).w" }
    #expect(
      Self.rows(names, kinds: [0, 1, 0, 1, 0, 1]) == [
        "layers.{0..4..2}.w ×3", "layers.{1..5..2}.w ×3",
      ])
  }

  @Test func `makes one row of a whole product of numbers`() {
    let names = (0..<4).flatMap { layer in (0..<8).map { "layers.\(layer).experts.\($0).w" } }
    #expect(Self.rows(names) == ["layers.{0..3}.experts.{0..7}.w ×32"])
  }

  @Test func `never claims a name that is not there`() {
    let names = ["a.0.0", "a.0.1", "a.1.0"]
    let rows = Self.rows(names)
    #expect(rows == ["a.{0,1}.0 ×2", "a.0.1 ×1"])
  }

  @Test(arguments: [
    ["a.01.w", "a.02.w"], ["a.1234567890123456789.w", "a.2234567890123456789.w"],
    ["h0.w", "h1.w"], ["a.-1.w", "a.-2.w"], ["\u{0}.1", "\u{0}\u{0}.1"],
  ])
  func `leaves what is not a plain number alone`(names: [String]) {
    #expect(Self.rows(names).allSatisfy { $0.hasSuffix(" ×1") })
  }

  @Test func `escapes what a name could do to a terminal`() {
    let names = ["a\u{1B}[31m.0", "a\u{1B}[31m.1"]
    #expect(Self.rows(names) == ["a\\u{1B}[31m.{0,1} ×2"])
  }

  @Test func `stands for exactly the names that went in, whatever they are`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
      var random = SeededGenerator(seed: seed)
      let names = Set(
        (0..<200).map { _ in
          (0..<Int.random(in: 1...4, using: &random)).map { _ in
            ["a", "b", "0", "1", "2", "7"].randomElement(using: &random) ?? ""
          }.joined(separator: ".")
        })
      let list = names.sorted()
      let rows = NameFolding.rows(of: list.map { TensorName($0) }) { _ in 0 }
      let expanded = rows.flatMap { Self.expanded($0.name) }
      #expect(expanded.count == list.count && Set(expanded) == names, "seed \(seed)")
      for row in rows {
        #expect(Set(Self.expanded(row.name)) == Set(row.members.map { list[$0] }), "seed \(seed)")
      }
    }
  }

  /// What a shell makes of the braces.
  static func expanded(_ pattern: String) -> [String] {
    guard let open = pattern.firstIndex(of: "{"), let close = pattern.firstIndex(of: "}") else {
      return [pattern]
    }
    let inside = pattern[pattern.index(after: open)..<close]
    let numbers = inside.split(separator: ",").flatMap { part -> [Int] in
      let bounds = part.split(separator: ".").compactMap { Int($0) }
      if bounds.count == 1 { return bounds }
      return Array(
        stride(from: bounds[0], through: bounds[1], by: bounds.count == 3 ? bounds[2] : 1))
    }
    let rest = expanded(String(pattern[pattern.index(after: close)...]))
    return numbers.flatMap { number in rest.map { pattern[..<open] + "\(number)" + $0 } }
  }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
