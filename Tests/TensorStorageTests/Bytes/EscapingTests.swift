internal import TensorStorage
internal import Testing

@Suite struct `A name as it is shown` {
  @Test(arguments: [
    ("token_emb.emb.weight", "token_emb.emb.weight"), ("a\nb\u{1B}[2J", #"a\nb\u{1B}[2J"#),
    ("\u{202E}x", #"\u{202E}x"#), (#"a\b"#, #"a\\b"#), ("ünï", "ünï"),
  ])
  func `has escapes for what would move the cursor or hide`(name: String, shown: String) {
    #expect(escaped(name) == shown)
  }

  @Test func `is whole up to 500 characters, and its two ends beyond`() {
    let longest = String(repeating: "é", count: 500)
    #expect(escaped(longest) == longest)
    let half = String(repeating: "a", count: 249)
    let name = half + "\n" + String(repeating: "x", count: 3_000_000) + half + "z"
    #expect(escaped(name) == half + #"\n…(3000500 characters)…"# + half + "z")
  }
}
