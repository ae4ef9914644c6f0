internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `The dictionary of a torch file` {
  @Test func `keeps the metadata of a module's state dict`() throws {
    func version(_ path: String, _ number: Int) -> PickleConstant.Pair {
      let value = PickleConstant.dict([.init(key: .text("version"), value: .int(number))])
      return .init(key: .text(path), value: value)
    }
    let path = Fixtures.path("torch/training/state-dict-metadata.pt")
    let checkpoint = try Checkpoint.open(path)
    guard case .orderedDict(.orderedDict(let pairs)?) = checkpoint.source.dictionary else {
      Issue.record("not an OrderedDict with metadata")
      return
    }
    let expected = [("", 1), ("conv", 1), ("bn", 2), ("flat", 1)].map(version)
    #expect(pairs.count == 5 && Array(pairs.prefix(4)) == expected)
  }

  @Test func `is written again as it was, whatever plain values it has`() throws {
    let opcodes =
      "(NI01\nI00\nI-5\nI70000\nI5000000000\nF1.5\nVx\n](K\u{01}K\u{02}e}K\u{01}Ns)(K\u{01}tt."
    var writer = PickleWriter()
    writer.value(
      .tuple([
        .none, .bool(true), .bool(false), .int(-5), .int(70_000), .int(5_000_000_000),
        .float((1.5).bitPattern), .text("x"), .list([.int(1), .int(2)]),
        .dict([.init(key: .int(1), value: .none)]), .tuple([]), .tuple([.int(1)]),
      ]))
    let text = PickleRendering.text(try graph(writer.finished()))
    #expect(text == PickleRendering.text(try graph(pickle(opcodes))))
  }
}
