import TensorStorage
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct `Checkpoint difference` {
  static func difference(
    _ a: [(String, LazyTensor)], _ b: [(String, LazyTensor)], _ equality: Equality = .exact,
    names: [TensorName: TensorName] = [:]
  ) throws -> CheckpointDifference {
    var options = CheckpointDifference.Options(
      limits: WorkLimits(threadCount: 3, memoryByteCount: 1 << 20))
    options.equality = equality
    options.names = names
    return try CheckpointDifference(
      Made.checkpoint(a), Made.checkpoint(b), options: options, observer: .none)
  }

  static func values(
    _ a: LazyTensor, _ b: LazyTensor, _ equality: Equality = .exact
  ) throws -> ValueDifference? {
    try difference([("t", a)], [("t", b)], equality).changed.first?.values
  }

  @Test func `names what is missing, extra, and the same`() throws {
    let one = try Made.floats([1], [1])
    let found = try Self.difference(
      [("layers.10", one), ("layers.2", one), ("x", one)], [("x", one), ("z", one)])
    #expect(found.missing == ["layers.2", "layers.10"])
    #expect(found.extra == ["z"])
    #expect(found.sameCount == 1)
    #expect(!found.isEmpty)
    #expect(try Self.difference([("x", one)], [("x", one)]).isEmpty)
  }

  @Test func `measures values`() throws {
    let found = try #require(
      try Self.values(Made.floats([2, 2], [1, 2, 3, 4]), Made.floats([2, 2], [1, 2.5, 3, 2])))
    #expect(found.differingCount == 2)
    #expect(found.firstPosition == 1)
    #expect(found.maximumAbsolute == 2)
    #expect(found.maximumRelative == 0.5)
    // (1 + 5 + 9 + 8) / √30 / √(1 + 6.25 + 9 + 4)
    #expect(abs((found.cosine ?? 0) - 23 / (30 * 20.25 as Double).squareRoot()) < 1e-15)
  }

  @Test func `compares bits: zeros of both signs differ, the same NaN does not`() throws {
    let nan = try Made.floats([3], [.nan, 1, .infinity])
    #expect(try Self.values(nan, try Made.floats([3], [.nan, 1, .infinity])) == nil)
    let zeros = try #require(try Self.values(Made.floats([1], [0]), Made.floats([1], [-0.0])))
    #expect(zeros.differingCount == 1 && zeros.maximumAbsolute == 0)
    let payload = try Made.tensor(.f32, [1], bits: [0x7FC0_0001] as [UInt32])
    #expect(try Self.values(payload, try Made.floats([1], [.nan]))?.nonFiniteCount == 0)
    #expect(try Self.values(payload, try Made.floats([1], [.nan]))?.differingCount == 1)
  }

  @Test func `with a tolerance compares numbers`() throws {
    let a = try Made.floats([4], [1, 0, .nan, .infinity])
    let b = try Made.floats([4], [1.001, -0.0, -.nan, .infinity])
    #expect(try Self.values(a, b, .within(absolute: 0, relative: 0.01)) == nil)
    #expect(try Self.values(a, b, .within(absolute: 0.002, relative: 0)) == nil)
    #expect(try Self.values(a, b, .within(absolute: 0.0005, relative: 0))?.differingCount == 1)
    let c = try Made.floats([4], [1, 0, 5, -.infinity])
    let found = try Self.values(a, c, .within(absolute: 9, relative: 9))
    #expect(found?.differingCount == 2 && found?.nonFiniteCount == 2)
  }

  @Test func `between dtypes compares values, and counts the dtype only if exact`() throws {
    let single = try Made.floats([2], [0.5, -2])
    let half = try Made.tensor(.bf16, [2], bits: [0x3F00, 0xC000] as [UInt16])
    let exact = try Self.difference([("t", single)], [("t", half)])
    #expect(exact.changed.first?.values == nil)
    #expect(exact.changed.first?.dtypes?.b == .bf16)
    #expect(!exact.isEmpty)
    let within = try Self.difference(
      [("t", single)], [("t", half)], .within(absolute: 0, relative: 0))
    #expect(within.isEmpty && within.changed.count == 1)
    let other = try Made.tensor(.bf16, [2], bits: [0x3F00, 0xC001] as [UInt16])
    #expect(try Self.values(single, other)?.firstPosition == 1)
  }

  @Test func `does not compare the values of other shapes or kinds`() throws {
    let a = try Made.floats([2, 1], [1, 2])
    let shape = try Self.difference([("t", a)], [("t", try Made.floats([2], [1, 2]))])
    #expect(shape.changed.first?.shapes?.b == [2])
    #expect(shape.changed.first?.isComparable == false)
    let complex = try Made.tensor(.c64, [2, 1], bits: [0, 0] as [UInt64])
    let kind = try Self.difference(
      [("t", a)], [("t", complex)], .within(absolute: 9, relative: 9))
    #expect(!kind.isEmpty)
  }

  @Test func `counts a complex element once and integers of 64 bits exactly`() throws {
    let a = try Made.tensor(.c64, [2], bits: [0, 0] as [UInt64])
    let b = try Made.tensor(.c64, [2], bits: [0, 0x3F80_0000_3F80_0000] as [UInt64])
    #expect(try Self.values(a, b)?.differingCount == 1)
    #expect(try Self.values(a, b)?.firstPosition == 1)
    let large = try Made.tensor(.i64, [1], bits: [Int64.max])
    let next = try Made.tensor(.i64, [1], bits: [Int64.max - 1])
    #expect(try Self.values(large, next)?.differingCount == 1)
  }

  @Test func `finds a difference far behind the first tile`() throws {
    var bits = [UInt8](repeating: 7, count: 600_000)
    let a = try Made.tensor(.u8, [200, 3000], bits: bits)
    bits[599_998] = 9
    let b = try Made.tensor(.u8, [200, 3000], bits: bits)
    #expect(try Self.values(a, b)?.firstPosition == 599_998)
    #expect(try Self.values(a, a) == nil)
  }

  @Test func `tells elements of four bits apart`() throws {
    let a = try Made.tensor(.f4, [4], bits: [0x10, 0x32] as [UInt8])
    let b = try Made.tensor(.f4, [4], bits: [0x18, 0x32] as [UInt8])
    let found = try #require(try Self.values(a, b))
    #expect(found.differingCount == 1 && found.firstPosition == 0 && found.maximumAbsolute == 0)
  }

  @Test func `follows a map, and a name that was mapped to is taken`() throws {
    let (one, two) = (try Made.floats([1], [1]), try Made.floats([1], [2]))
    let found = try Self.difference(
      [("x", one), ("y", two)], [("y", one), ("w", two)], names: ["x": "y"])
    #expect(found.sameCount == 1)
    #expect(found.missing == ["y"])
    #expect(found.extra == ["w"])
  }
}

@Suite struct `Name map` {
  static func read(_ text: String) throws -> [TensorName: TensorName] {
    let folder = try TemporaryDirectory()
    let path = try folder.write(Array(text.utf8), to: "map")
    let one = try Made.floats([1], [1])
    do {
      return try NameMap.read(
        path: path, from: try Made.checkpoint([("a", one), ("b c", one), ("token_emb", one)]),
        to: try Made.checkpoint([("x", one), ("y", one)]))
    } catch let error as FormatError {
      if case .listing(let fault) = error.fault { throw fault }
      throw error
    }
  }

  @Test func `reads pairs separated by white space, or by a tab`() throws {
    #expect(try Self.read("# A B\n\na  x\r\nb c\ty\n") == ["a": "x", "b c": "y"])
  }

  @Test(
    arguments: [
      ("a\n", .invalidPair(line: 1)), ("\na b x\n", .invalidPair(line: 2)),
      ("a x\na y\n", .duplicateName(line: 2, name: "a")),
      ("a x\ntoken_emb x\n", .duplicateName(line: 2, name: "x")),
      (
        "token_em x\n",
        .unknownName(line: 1, name: "token_em", checkpoint: "", nearest: "token_emb")
      ),
      ("a zzzz\n", .unknownName(line: 1, name: "zzzz", checkpoint: "", nearest: nil)),
    ] as [(String, ListingFault)])
  func `refuses what is no pair of known names`(text: String, fault: ListingFault) {
    #expect(throws: fault) { try Self.read(text) }
  }
}
