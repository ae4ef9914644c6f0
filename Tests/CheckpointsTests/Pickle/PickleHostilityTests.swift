internal import Checkpoints
internal import TestSupport
internal import Testing

/// Pickles that ask for more than they deserve.
@Suite struct `Hostile pickles` {
  @Test func `may be two hundred thousand lists deep`() throws {
    let depth = 200_000
    var bytes = [UInt8](repeating: 0x5D, count: depth)
    bytes += [UInt8](repeating: 0x61, count: depth - 1) + [0x2E]
    let graph = try graph(bytes)
    #expect(graph.count == depth + 4)
  }

  @Test func `may be two hundred thousand tuples and calls deep`() throws {
    let depth = 200_000
    let opcodes = "cm\nC\n0N" + String(repeating: "\u{85}", count: depth) + "."
    #expect(try graph(pickle("\u{80}\u{02}" + opcodes)).count > depth)
    let calls = "cm\nC\n" + String(repeating: ")R", count: depth) + "."
    #expect(try graph(pickle(calls)).count > depth)
  }

  @Test func `do not grow by doubling`() throws {
    var opcodes = "]q\u{00}"
    for _ in 0..<100 { opcodes += "2\u{86}" }
    let graph = try graph(pickle("\u{80}\u{02}\(opcodes)."))
    #expect(graph.count == 105)
  }

  @Test func `may not be longer than a checkpoint`() {
    var limits = PickleLimits()
    limits.operationCount = 1000
    let bytes = [UInt8](repeating: 0x4E, count: 2000) + [0x2E]
    #expect(
      throws: FormatError(
        file: "memory", byteOffset: 1000, .pickle(.tooManyOperations(limit: 1000)))
    ) { try graph(bytes, limits: limits) }
    #expect(throws: Never.self) { try graph([0x4E, 0x2E], limits: limits) }
    limits.byteCount = 100
    #expect(
      throws: FormatError(
        file: "memory", byteOffset: 0, .pickle(.tooLong(byteCount: 2001, limit: 100)))
    ) { try graph(bytes, limits: limits) }
  }

  @Test func `may not name thousands of globals`() {
    var limits = PickleLimits()
    limits.globalCount = 10
    let opcodes = (0..<20).map { "cm\nC\($0)\n0" }.joined() + "N."
    #expect(
      throws: FormatError(file: "memory", byteOffset: 70, .pickle(.tooManyGlobals(limit: 10)))
    ) { try graph(pickle(opcodes), limits: limits) }
  }

  @Test func `may not have globals of a megabyte`() {
    let name = String(repeating: "A", count: 1 << 20)
    for opcodes in ["cm\n\(name)\n.", "c\(name)\nm\n.", "(i\(name)\nm\n."] {
      #expect {
        try graph(pickle(opcodes))
      } throws: { error in
        (error as? FormatError)?.fault
          == .pickle(.globalTooLong(byteCount: 1 << 20, limit: 1024))
      }
    }
  }

  @Test func `may have texts of a megabyte`() throws {
    let name = String(repeating: "A", count: 1 << 20)
    let graph = try graph(pickle("X\u{00}\u{00}\u{10}\u{00}\(name)."))
    #expect(graph.text(graph.root)?.utf8.count == 1 << 20)
  }

  @Test func `may not have integers that take long to read`() throws {
    let longest = String(repeating: "9", count: 4300)
    #expect(throws: Never.self) { try graph(pickle("I\(longest)\n.")) }
    for opcodes in ["I9\(longest)\n.", "L9\(longest)\n.", "Np9\(longest)\n."] {
      #expect {
        try graph(pickle(opcodes))
      } throws: { error in
        (error as? FormatError)?.fault == .pickle(.tooManyDigits(count: 4301, limit: 4300))
      }
    }
  }

  @Test func `may not have floats that take long to read`() throws {
    #expect(throws: Never.self) { try graph(pickle("F0.\(String(repeating: "1", count: 398))\n.")) }
    #expect(
      throws: FormatError(
        file: "memory", byteOffset: 0, .pickle(.tooManyDigits(count: 401, limit: 400)))
    ) { try graph(pickle("F0.\(String(repeating: "1", count: 399))\n.")) }
  }

  @Test func `may not scatter their memo`() throws {
    var limits = PickleLimits()
    limits.unorderedMemoCount = 3
    func put(_ number: Int) -> String { "p\(number * 1000)\n" }
    let few = "N" + (0..<4).map(put).joined() + "g3000\n."
    #expect(throws: Never.self) { try graph(pickle(few), limits: limits) }
    let many = "N" + (0..<5).map(put).joined() + "."
    #expect(
      throws: FormatError(file: "memory", byteOffset: 22, .pickle(.scatteredMemo(limit: 3)))
    ) { try graph(pickle(many), limits: limits) }
  }

  @Test func `may not hold more escaped text than a checkpoint`() throws {
    var limits = PickleLimits()
    limits.decodedByteCount = 10
    let fits = "V\\u20ac\n0V\\u20ac\n0S'\\x41\\x42\\x43\\x44'\n"
    #expect(throws: Never.self) { try graph(pickle("\(fits)."), limits: limits) }
    #expect(
      throws: FormatError(file: "memory", byteOffset: 39, .pickle(.tooMuchText(limit: 10)))
    ) { try graph(pickle("\(fits)0V\\u0041\n."), limits: limits) }
  }

  @Test func `name long globals over and over at no cost`() throws {
    let name = String(repeating: "A", count: 1000)
    let text = "X\u{E8}\u{03}\u{00}\u{00}\(name)"
    let again = String(repeating: "h\u{00}h\u{01}\u{93}", count: 100_000)
    let graph = try graph(pickle("\u{80}\u{04}\(text)\u{94}\(text)\u{94}\(again)."))
    #expect(graph.globals.map(\.name) == [name])
  }

  @Test func `cost no more for containers filled one by one in turn`() throws {
    let turns = 50_000
    let opcodes = "]q\u{00}]q\u{01}" + String(repeating: "h\u{00}Nah\u{01}Na", count: turns)
    let graph = try graph(pickle(opcodes + "\u{86}."))
    #expect(graph.count == 7)
  }
}
