internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Names of values in a pickle` {
  /// Opcodes of a key, and how Python prints it.
  static let keys: [(String, String)] = [
    ("c__builtin__\nint\n", "<class 'int'>"),
    ("ctorch\nfloat16\n", "torch.float16"),
    ("c__main__\nC\n", "<class '__main__.C'>"),
    ("c__builtin__\ncomplex\nG\(Self.one)G\(Self.two)\u{86}R", "(1+2j)"),
    ("c__builtin__\ncomplex\nG\(Self.zero)G\(Self.two)\u{86}R", "2j"),
    ("c__builtin__\nfrozenset\n](K\u{1}NeK\u{0}0\u{85}R", "frozenset({1, None})"),
    ("c__builtin__\nfrozenset\n]\u{85}R", "frozenset()"),
    ("ctorch\ndevice\nX\u{4}\0\0\0cudaK\u{2}\u{86}R", "cuda:2"),
    ("c__main__\nText\nX\u{4}\0\0\0name\u{85}\u{81}", "name"),
    ("K\u{1}\u{85}", "(1,)"), ("K\u{1}\u{85}\u{85}", "((1,),)"),
  ]
  private static let zero = String(repeating: "\0", count: 8)
  private static let one = "\u{3F}\u{F0}\0\0\0\0\0\0"
  private static let two = "\u{40}\0\0\0\0\0\0\0"

  @Test(arguments: keys) func `are what Python prints of keys`(key: String, name: String) throws {
    let file = try MadeTorchFile.dictionary(key + MadeTorchFile.tensor)
    #expect(try file.names() == [name])
  }

  @Test func `count the elements of tuple subclasses`() throws {
    let value =
      "c__main__\nC\n(" + MadeTorchFile.tensor + "N" + MadeTorchFile.tensor + "t\u{85}\u{81}"
    let file = try MadeTorchFile.dictionary(MadeTorchFile.text("t") + value)
    #expect(try file.names() == ["t.0", "t.2"])
  }

  @Test func `are the keys of dict subclasses in protocols 0 and 1`() throws {
    let items = "}" + MadeTorchFile.text("w") + MadeTorchFile.tensor + "s"
    let value = "ccopy_reg\n_reconstructor\n(c__main__\nC\nc__builtin__\ndict\n" + items + "tR"
    let file = try MadeTorchFile.dictionary(MadeTorchFile.text("d") + value)
    #expect(try file.names() == ["d.w"])
  }

  @Test func `lead to tensors among the arguments of a partial function`() throws {
    let partial =
      "cfunctools\npartial\nc__main__\nC\n\u{85}R(c__main__\nC\n)}"
      + MadeTorchFile.text("k") + MadeTorchFile.tensor + "sNtb"
    let file = try MadeTorchFile.dictionary(MadeTorchFile.text("x") + partial + ")R")
    #expect(try file.names() == ["x.function.state.2.k"])
  }
}

@Suite struct `Keys that are long on paper` {
  /// A tuple of 40 tuples of 40 tuples …, which is short in the file.
  private static var tuple: String {
    var opcodes = "(" + String(repeating: "K\u{1}", count: 40) + "t" + MadeTorchFile.put(100)
    for level in 0..<6 {
      opcodes += "0(" + String(repeating: MadeTorchFile.get(100 + level), count: 40) + "t"
      opcodes += MadeTorchFile.put(101 + level)
    }
    return opcodes
  }

  @Test func `are refused where they name a tensor`() throws {
    let file = try MadeTorchFile.dictionary(Self.tuple + MadeTorchFile.tensor)
    #expect {
      try file.read()
    } throws: { error in
      guard case .torch(.longName) = (error as? FormatError)?.fault else { return false }
      return true
    }
  }

  @Test(arguments: [nil, "."]) func `are cut where they name something else`(
    selection: String?
  ) throws {
    let weight = MadeTorchFile.text("w") + MadeTorchFile.tensor
    let file = try MadeTorchFile.dictionary(weight + Self.tuple + "N")
    let checkpoint = try file.read(selection: selection)
    #expect(checkpoint.entries.map(\.name) == ["w"])
    #expect(checkpoint.source.otherValues.allSatisfy { $0.utf8.count < 300 })
  }

  @Test(arguments: [nil, "."])
  func `are made once, though a hundred thousand entries have them`(selection: String?) throws {
    let key = MadeTorchFile.text(String(repeating: "k", count: 1 << 20)) + MadeTorchFile.put(100)
    let again = String(repeating: MadeTorchFile.get(100) + "N", count: 100_000)
    let weight = MadeTorchFile.text("w") + MadeTorchFile.tensor
    let file = try MadeTorchFile.dictionary(weight + key + "N" + again)
    #expect(try file.read(selection: selection).entries.map(\.name) == ["w"])
  }

  @Test func `do not make the search for the model look at one dictionary again and again`() throws
  {
    var shared = "}("
    for number in 0..<2000 {
      shared += MadeTorchFile.text("\(number)")
      shared += number == 0 ? MadeTorchFile.tensor + MadeTorchFile.put(99) : MadeTorchFile.get(99)
    }
    shared += "u" + MadeTorchFile.put(100)
    var opcodes = ""
    for number in 0..<2000 {
      opcodes += MadeTorchFile.text("d\(number)") + (number == 0 ? shared : MadeTorchFile.get(100))
    }
    let file = try MadeTorchFile.dictionary(opcodes)
    #expect(throws: FormatError.self) { try file.read(selection: nil) }
  }
}
