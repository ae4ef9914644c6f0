internal import Checkpoints
internal import TestSupport
internal import Testing

@Suite struct `Pickle machine` {
  @Test func `reads vectors for every opcode that has a meaning`() throws {
    let vectors = PickleVectors.all.vectors
    #expect(vectors.count > 230)
    var seen = Set(vectors.flatMap { $0.bytes })
    seen.formUnion([0x8B, 0x86])
    let opcodes = Set("(.012FIJKLMNPQRSTUVXabcdeghijloprstu}])GqBC".utf8.map { $0 })
    #expect(opcodes.union(0x80...0x81).union(0x85...0x96).union([0x98]).isSubset(of: seen))
  }

  @Test(arguments: PickleVectors.all.vectors)
  func `means what Python means`(vector: PickleVectors.Vector) throws {
    #expect(PickleRendering.text(try graph(vector.bytes)) == vector.value)
  }

  @Test(arguments: 0...5)
  func `reads the same from all protocols`(version: Int) throws {
    let sample = PickleVectors.all.protocols
    let bytes = PickleVectors.bytes(sample.hex[version])
    #expect(PickleRendering.text(try graph(bytes)) == sample.value)
  }

  @Test func `stops at STOP and says where`() throws {
    let bytes = pickle("K\u{01}K\u{02}.K\u{03}.")
    let first = try graph(bytes)
    #expect(first.endOffset == 5)
    #expect(first.int(first.root) == 2)
    let second = try PickleMachine.run(bytes, startingAt: first.endOffset, file: "memory")
    #expect(second.int(second.root) == 3)
    #expect(second.endOffset == 8)
  }

  @Test(arguments: PickleVectors.all.vectors)
  func `refuses every truncation`(vector: PickleVectors.Vector) throws {
    let bytes = vector.bytes
    // A STOP may be there before the last byte only where an argument looks like one.
    for count in 0..<(bytes.count - 1) {
      do {
        let cut = try graph(Array(bytes.prefix(count)))
        #expect(cut.endOffset <= count)
        Issue.record("\(vector.name) was accepted at \(count) bytes")
      } catch {
        let isFrame = if case .pickle(.frameTooLong) = error.fault { true } else { false }
        #expect(error.fault == .pickle(.truncated) || isFrame, "\(error)")
        #expect(error.byteOffset.map { $0 <= count } == true)
      }
    }
  }

  @Test func `refuses every truncation of a real state dict`() throws {
    let bytes = try Fixtures.bytes("pickle/saves/state-dict.pkl")
    for count in 0..<bytes.count {
      #expect(throws: FormatError.self) { try graph(Array(bytes.prefix(count))) }
    }
    #expect(try graph(bytes).endOffset == bytes.count)
  }

  @Test func `survives any change of a byte in a real state dict`() throws {
    let bytes = try Fixtures.bytes("pickle/saves/state-dict.pkl")
    var accepted = 0
    for position in bytes.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var changed = bytes
        changed[position] ^= change
        if (try? graph(changed)) != nil { accepted += 1 }
      }
    }
    // Names and numbers may be other ones.
    #expect(accepted > bytes.count / 2)
  }

  @Test func `keeps a list that contains itself`() throws {
    let graph = try graph(pickle("]q\u{00}h\u{00}a."))
    guard case .list(let elements) = graph[graph.root] else {
      Issue.record("not a list")
      return
    }
    #expect(elements == [graph.root])
  }

  @Test func `keeps what is shared shared`() throws {
    let graph = try graph(pickle("]q\u{00}h\u{00}h\u{00}\u{87}."))
    let elements = try #require(graph.tuple(graph.root))
    #expect(Set(elements).count == 1)
  }

  @Test func `takes a memo number of four billion`() throws {
    let huge = "\u{FF}\u{FF}\u{FF}\u{FF}"
    let graph = try graph(pickle("K\u{61}r\(huge)0j\(huge)."))
    #expect(graph.int(graph.root) == 0x61)
  }

  @Test(arguments: [
    // From 1, as Python 2's cPickle numbers; with gaps; from the far end; one number near and far.
    ("Np1\nI5\np2\ng2\n.", 5), ("I5\np40\nNp7\ng40\n.", 5),
    ("I5\np100000\nNp0\nNp1\ng100000\n.", 5),
    ("I5\np64\nNp0\nI6\np64\ng64\n.", 6), ("I5\np3\nI6\np3\ng3\n.", 6),
    // MEMOIZE takes the number of values so far, whatever their numbers are.
    ("Np7\nNp9\nNp9\nI5\n\u{94}g2\n.", 5), ("Np500\nNp500\nI5\n\u{94}g1\n.", 5),
  ])
  func `stores under any numbers`(opcodes: String, value: Int) throws {
    let graph = try graph(pickle(opcodes))
    #expect(graph.int(graph.root) == value)
  }

  @Test func `has nothing under numbers in a gap`() {
    for number in [0, 3, 6, 8] {
      #expect(
        throws: FormatError(file: "memory", byteOffset: 4, .pickle(.missingMemo(UInt64(number))))
      ) { try graph(pickle("Np7\ng\(number)\n.")) }
    }
  }

  @Test func `tells the kinds of creation apart`() throws {
    let kinds: [(String, PickleGraph.Object.Kind)] = [
      ("cm\nC\n)R.", .reduce), ("\u{80}\u{02}cm\nC\n)\u{81}.", .newObject),
      ("(im\nC\n.", .instance), ("(cm\nC\no.", .instance),
      ("ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR.", .newObject),
    ]
    for (opcodes, kind) in kinds {
      let graph = try graph(pickle(opcodes))
      guard case .object(let object) = graph[graph.root] else {
        Issue.record("\(opcodes) is not an object")
        continue
      }
      #expect(object.kind == kind, "\(opcodes)")
    }
  }

  @Test func `lists every global once, dropped ones too`() throws {
    let graph = try graph(pickle("cm\nA\n0cm\nB\n(im\nA\n0\u{80}\u{02}cm\nA\n."))
    #expect(graph.globals.map { "\($0.module).\($0.name) \($0.byteOffset)" } == ["m.A 0", "m.B 6"])
  }

  @Test func `reads strings of Python 2 as text where they are`() throws {
    let text = try graph(pickle("U\u{02}\u{C3}\u{A9}."))
    #expect(text.text(text.root) == "é")
    #expect(text.bytes(text.root) == [0xC3, 0xA9])
    let latin = try graph(pickle("U\u{01}\u{E9}."))
    #expect(latin.text(latin.root) == nil)
    #expect(latin.bytes(latin.root) == [0xE9])
    guard case .malformedText([0xE9]) = latin[latin.root] else {
      Issue.record("not malformed")
      return
    }
  }
}
