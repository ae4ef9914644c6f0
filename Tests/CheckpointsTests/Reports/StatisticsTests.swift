import TensorStorage
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct `Tensor statistics` {
  static func statistics(
    of tensor: LazyTensor, threadCount: Int = 2, memoryByteCount: Int = 64 << 20
  ) throws -> TensorStatistics {
    let limits = WorkLimits(threadCount: threadCount, memoryByteCount: memoryByteCount)
    return try TensorExcerpt(of: tensor, slice: .all).statistics(limits: limits, observer: .none)
  }

  @Test(arguments: [(1, 1 << 20), (2, 1 << 20), (3, 64 << 20), (7, 1 << 30)])
  func `are the same to the bit for any threads and memory`(
    threadCount: Int, memoryByteCount: Int
  ) throws {
    var generator = SeededGenerator(seed: 11)
    let values = (0..<3_000_001).map { _ in Float.random(in: -1...3, using: &generator) }
    let tensor = try Made.floats([3_000_001], values)
    let alone = try Self.statistics(of: tensor, threadCount: 1)
    let found = try Self.statistics(
      of: tensor, threadCount: threadCount, memoryByteCount: memoryByteCount)
    #expect(found.mean == alone.mean && found.standardDeviation == alone.standardDeviation)
    #expect(found.count == values.count)
    #expect(found.minimum?.description == values.min()?.description)
    #expect(found.maximum?.description == values.max()?.description)
    let naive = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    #expect(abs((found.mean ?? 0) - naive) < 1e-12)
  }

  @Test func `are those of the finite values`() throws {
    let values: [Float] = [1, .nan, -4, .infinity, 0, -.infinity, -0.0, 2]
    let found = try Self.statistics(of: try Made.floats([2, 4], values))
    #expect(found.count == 8)
    #expect(found.nanCount == 1)
    #expect(found.infiniteCount == 2)
    #expect(found.zeroCount == 2)
    #expect(found.minimum?.description == "-4.0")
    #expect(found.maximum?.description == "2.0")
    #expect(found.mean == -0.2)
    // By hand: squares of the distances from −0.2 are 1.44, 14.44, 0.04, 0.04, 4.84.
    #expect(abs((found.standardDeviation ?? 0) - (20.8 / 5 as Double).squareRoot()) < 1e-15)
  }

  @Test func `keep their digits over many tiles of a large mean`() throws {
    let values = (0..<200_000).map { Double(1 << 30) + Double($0 % 2) }
    let tensor = try Made.tensor(.f64, [200_000], bits: values.map(\.bitPattern))
    let found = try Self.statistics(of: tensor)
    #expect(found.mean == Double(1 << 30) + 0.5)
    #expect(abs((found.standardDeviation ?? 0) - 0.5) < 1e-9)
  }

  @Test func `tell integers of 64 bits apart`() throws {
    let signed = try Made.tensor(.i64, [3], bits: [Int64.max, Int64.max - 1, Int64.min])
    #expect(try Self.statistics(of: signed).maximum == .integer(.max))
    #expect(try Self.statistics(of: signed).minimum == .integer(.min))
    let unsigned = try Made.tensor(.u64, [2], bits: [UInt64.max - 1, UInt64.max])
    #expect(try Self.statistics(of: unsigned).minimum == .unsigned(.max - 1))
  }

  @Test func `are none where nothing is finite`() throws {
    let found = try Self.statistics(of: try Made.floats([2], [.nan, .infinity]))
    #expect(found.minimum == nil && found.mean == nil && found.standardDeviation == nil)
    let empty = try Self.statistics(of: try Made.floats([0, 3], []))
    #expect(empty.count == 0 && empty.maximum == nil)
  }
}

@Suite struct `Element text` {
  // The values as torch 2.15 and numpy 2.4 read these bits.
  @Test(
    arguments: [
      (.bool, [0, 1], 8, ["False", "True"]), (.u8, [255], 8, ["255"]), (.i8, [255], 8, ["-1"]),
      (.u16, [65535], 16, ["65535"]), (.i16, [32768], 16, ["-32768"]),
      (.f16, [0x2E66, 0x7C00, 0x7E00, 0x8001], 16, ["0.1", "inf", "nan", "-6e-08"]),
      (.bf16, [0x3DCD, 0xFF80], 16, ["0.100097656", "-inf"]),
      (.f8e4m3, [0x38, 0x7E, 0x7F], 8, ["1.0", "448.0", "nan"]),
      (.f8e5m2, [0x3C, 0x7C], 8, ["1.0", "inf"]), (.f8e8m0, [0x7F, 0x80], 8, ["1.0", "2.0"]),
      (.bits8, [0xAB], 8, ["0xab"]), (.bits16, [0xABCD], 16, ["0xabcd"]),
      (.f32, [0x3DCC_CCCD, 0x7F80_0000], 32, ["0.1", "inf"]),
      (.c32, [0x3C00_4000], 32, ["(2.0+1.0j)"]),
      (.f64, [0x3FB9_9999_9999_999A], 64, ["0.1"]),
      (.c64, [0x8000_0000_3F80_0000, 0x7FC0_0000_0000_0000], 64, ["(1.0-0.0j)", "(0.0+nanj)"]),
      (.u64, [UInt64.max], 64, ["18446744073709551615"]), (.i64, [UInt64.max], 64, ["-1"]),
    ] as [(DType, [UInt64], Int, [String])])
  func `is what Python shows`(dtype: DType, bits: [UInt64], width: Int, texts: [String]) throws {
    let bytes = bits.flatMap { element in
      (0..<(width / 8)).map { UInt8(truncatingIfNeeded: element >> (8 * $0)) }
    }
    let storage = Storage(MemoryBytes(bytes))
    let tensor = try Made.tensor(dtype, [bits.count], storage: storage)
    var found: [String] = []
    try TensorExcerpt(of: tensor, slice: .all).forEachValue(tileByteCount: 1 << 16) {
      value throws(FileError) in found.append(value.description)
    }
    #expect(found == texts)
  }

  @Test func `shows elements of four and six bits as numbers`() throws {
    // 0x21: low nibble first: 0.5, 1.0. F6_E2M3 1.0 is 0b001000.
    let four = try Made.tensor(.f4, [2], bits: [0x21] as [UInt8])
    let six = try Made.tensor(.f6e2m3, [4], bits: [0x08, 0x02, 0x00] as [UInt8])
    for (tensor, expected) in [(four, ["0.5", "1.0"]), (six, ["1.0", "1.0", "0.0", "0.0"])] {
      var found: [String] = []
      try TensorExcerpt(of: tensor, slice: .all).forEachValue(tileByteCount: 1 << 16) {
        value throws(FileError) in found.append(value.description)
      }
      #expect(found == expected)
    }
  }

  @Test func `reads chosen indices alone`() throws {
    let tensor = try Made.tensor(.i32, [4, 5], bits: (0..<20).map { Int32($0) })
    let excerpt = try TensorExcerpt(of: tensor, slice: TensorSlice("::-1,1:"))
    var found: [String] = []
    try excerpt.forEachValue(at: [[0, 3], [0, 3]]) { value throws(FileError) in
      found.append(value.description)
    }
    #expect(found == ["16", "19", "1", "4"])
  }
}
