internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Entries of a checkpoint` {
  @Test func `are found by names of which each is there once, however many`() throws {
    let storage = Storage(MemoryBytes([1, 2, 3, 4]))
    var checkpoint = Checkpoint()
    var generator = SeededGenerator(seed: 1)
    var positions: [TensorName: Int] = [:]
    for _ in 0..<20_000 {
      let name = TensorName("layers.\(Int.random(in: 0..<10_000, using: &generator)).weight")
      let isNew = positions[name] == nil
      if isNew { positions[name] = checkpoint.entries.count }
      let entry = Checkpoint.Entry(name: name, tensor: try Made.tensor(.u8, [4], storage: storage))
      let isAdded = checkpoint.append(entry)
      #expect(isAdded == isNew)
    }
    #expect(checkpoint.entries.count == positions.count && positions.count > 8_000)
    for (name, position) in positions { #expect(checkpoint.position(of: name) == position) }
    #expect(checkpoint.position(of: "layers.10000.weight") == nil)
    #expect(checkpoint["layers"] == nil)
  }

  @Test func `are found by names that come in order, until one does not`() throws {
    let storage = Storage(MemoryBytes([1, 2, 3, 4]))
    var checkpoint = Checkpoint()
    let ordered = (0..<300).map { "\(1000 + 2 * $0)" }
    // Doubled names are refused in order and out of order; "0" and "1001" come after names that they precede.
    let doubled = ordered.flatMap { [$0, $0] } + ["1000", "1300"]
    for name in doubled + ["0", "1001", "0", "1298", "9"] {
      let isNew = checkpoint.position(of: TensorName(name)) == nil
      let tensor = try Made.tensor(.u8, [4], storage: storage)
      let isAdded = checkpoint.append(.init(name: TensorName(name), tensor: tensor))
      #expect(isAdded == isNew)
    }
    let names = ordered + ["0", "1001", "9"]
    #expect(checkpoint.entries.map(\.name.text) == names)
    for (position, name) in names.enumerated() {
      #expect(checkpoint.position(of: TensorName(name)) == position)
    }
    for name in ["", "1003", "10", "99"] {
      #expect(checkpoint.position(of: TensorName(name)) == nil)
    }
  }

  @Test func `are found in none`() { #expect(Checkpoint().position(of: "a") == nil) }

  @Test func `are aliases where their bytes overlap, in order of the first`() throws {
    let storages = (0..<3).map { _ in Storage(MemoryBytes([UInt8](repeating: 0, count: 12))) }
    let places = [(2, 0), (0, 0), (1, 0), (0, 4), (2, 2), (0, 6), (1, 8), (2, 5)]
    let checkpoint = try Made.checkpoint(
      places.enumerated().map { number, place in
        let storage = storages[place.0]
        return ("\(number)", try Made.tensor(.u8, [4], storage: storage, byteOffset: place.1))
      })
    #expect(checkpoint.aliasGroups() == [[0, 4, 7], [3, 5]])
  }
}
