internal import Checkpoints
internal import TestSupport
internal import Testing

@Suite struct `Pickle values` {
  @Test func `of a module's metadata are carried as constants`() throws {
    let graph = try graph(Fixtures.bytes("pickle/saves/state-dict.pkl"))
    guard case .object(let object) = graph[graph.root] else {
      Issue.record("not an OrderedDict")
      return
    }
    let state = try #require(object.states.first.flatMap(graph.dictionary))
    #expect(graph.text(state[0].key) == "_metadata")
    func version(_ path: String, _ number: Int) -> PickleConstant.Pair {
      let value = PickleConstant.dict([.init(key: .text("version"), value: .int(number))])
      return .init(key: .text(path), value: value)
    }
    let expected = [
      version("", 1), version("blocks", 1), version("blocks.0", 1), version("blocks.1", 2),
    ]
    #expect(graph.constant(state[0].value) == .orderedDict(expected))
    #expect(object.items.count == 9)
    #expect(graph.constant(graph.root) == nil)
  }

  @Test(arguments: [
    ("(NI01\nI-5\nG\u{3F}\u{F0}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}Vx\n]}t.", true),
    ("cm\nC\n.", false), ("cm\nC\n)R.", false), ("P1\n.", false), ("C\u{01}x.", false),
    ("V\\ud800\n.", false),
    ("ccollections\nOrderedDict\n)R.", true), ("ccollections\nOrderedDict\n)R}b.", false),
    ("ccollections\nCounter\n)R.", false), ("L99999999999999999999L\n.", false),
  ])
  func `are constants where they need no understanding`(opcodes: String, isConstant: Bool) throws {
    let graph = try graph(pickle(opcodes))
    #expect((graph.constant(graph.root) != nil) == isConstant)
  }

  @Test func `are written again as they were`() throws {
    let graph = try graph(
      pickle(
        "(NI01\nI00\nI-5\nI70000\nI5000000000\nF1.5\nVx\n](K\u{01}K\u{02}e}K\u{01}Ns)(K\u{01}tt."))
    let constant = try #require(graph.constant(graph.root))
    var writer = PickleWriter()
    writer.value(constant)
    let again = try CheckpointsTests.graph(writer.finished())
    #expect(again.constant(again.root) == constant)
    #expect(PickleRendering.text(again) == PickleRendering.text(graph))
  }

  @Test func `of equal keys are one, the last`() throws {
    let graph = try graph(
      pickle(
        "}(Vé\nK\u{01}Ve\\u0301\nK\u{02}Vé\nK\u{03}K\u{01}K\u{04}I01\nK\u{05}F1.0\nK\u{06}F1.5\nK\u{07}u."
      ))
    let pairs = try #require(graph.dictionary(graph.root))
    #expect(pairs.map { graph.int($0.value) } == [3, 2, 6, 7])
    #expect(graph.int(pairs[2].key) == 1)
    guard case .dict(let written) = graph[graph.root] else {
      Issue.record("not a dict")
      return
    }
    #expect(written.count == 7)
  }

  @Test(arguments: [
    ("N.", "None"), ("I01\n.", "True"), ("I-3\n.", "-3"), ("F1.5\n.", "1.5"), ("Vab\n.", "'ab'"),
    ("V\\u000a'\n.", "'\\n''"), ("C\u{03}abc.", "bytes of length 3"), ("].", "[]"), (").", "()"),
    ("(K\u{01}t.", "(1,)"),
    ("](K\u{01}K\u{02}K\u{03}K\u{04}e.", "[1, 2, 3, … 4 in all]"), ("}Va\nK\u{01}s.", "{'a': 1}"),
    ("\u{80}\u{04}\u{8F}.", "set()"), ("cm\nC\n.", "m.C"), ("cm\nC\n)R.", "m.C()"),
    ("cargparse\nNamespace\n)R}b.", "argparse.Namespace(…)"),
    ("cpathlib\nPosixPath\n(Va\nVb\ntR.", "pathlib.PosixPath('a', 'b')"),
    ("cm\nC\n(K\u{01}tR}b.", "m.C(1, …)"), ("P5\n.", "persistent id"),
    ("L99999999999999999999L\n.", "int of 9 bytes"),
    ("V\\ud800\n.", "text of 3 bytes that are not UTF-8"),
    ("ca\u{1B}[2J\nb\n.", "a\\u{1B}[2J.b"),
  ])
  func `are described in a short line`(opcodes: String, text: String) throws {
    let graph = try graph(pickle(opcodes))
    #expect(graph.description(of: graph.root) == text)
  }
}
