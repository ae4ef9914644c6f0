import TensorStorage
import Testing

@testable import Checkpoints

/// A pattern, and names that it matches and does not.
struct PatternCase: Sendable, CustomStringConvertible {
  var text: String
  var matches: [String]
  var others: [String]

  var description: String { text }
}

@Suite struct `Name patterns` {
  static let cases = [
    PatternCase(
      text: "*.weight", matches: ["a.weight", "a.b.weight", ".weight"], others: ["weight"]),
    PatternCase(text: "a.?", matches: ["a.b"], others: ["a.", "a.bc"]),
    PatternCase(text: "l.[0-2].w", matches: ["l.0.w", "l.2.w"], others: ["l.3.w", "l.10.w"]),
    PatternCase(text: "l.[!0-2]", matches: ["l.3"], others: ["l.1"]),
    PatternCase(
      text: "{a,b.{c,d}}.w", matches: ["a.w", "b.c.w", "b.d.w"], others: ["b.w", "c.w"]),
    PatternCase(
      text: "l.{0..11}.w", matches: ["l.0.w", "l.9.w", "l.11.w"], others: ["l.12.w", "l.w"]),
    PatternCase(text: "l.{1..11..2}", matches: ["l.1", "l.11"], others: ["l.0", "l.2", "l.13"]),
    PatternCase(text: "l.{0,1,5..8}", matches: ["l.0", "l.1", "l.6"], others: ["l.2", "l.9"]),
    PatternCase(text: "l.{a..c}", matches: ["l.a..c"], others: ["l.b"]),
    PatternCase(text: "\\{0..2}", matches: ["{0..2}"], others: ["0"]),
  ]

  @Test(arguments: cases) func `match the whole name`(example: PatternCase) throws {
    let pattern = try #require(NamePattern(example.text))
    #expect(example.matches.filter { !pattern.matches(TensorName($0)) } == [])
    #expect(example.others.filter { pattern.matches(TensorName($0)) } == [])
  }

  @Test(arguments: ["[a", "{a", "{3..1}", "{0..4..0}", "{0..1024}", "{0..99999999999999999999}"])
  func `are none where they are not closed or stand for too much`(text: String) {
    #expect(NamePattern(text) == nil)
  }

  @Test func `are what a listing folds names to`() throws {
    let names = (0..<12).flatMap { layer in
      (0..<(layer % 3 + 1)).map { TensorName("layers.\(layer).\($0).w") }
    }
    for row in NameFolding.rows(of: names, kind: { _ in 0 }) {
      let pattern = try #require(NamePattern(row.name))
      #expect(names.indices.filter { pattern.matches(names[$0]) } == row.members.sorted())
    }
  }
}
