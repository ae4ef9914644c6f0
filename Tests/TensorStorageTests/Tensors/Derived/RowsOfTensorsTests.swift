import TensorStorage
import TestSupport
import Testing

@Suite struct `Rows of tensors` {
  /// A tensor whose bytes count up from `first`.
  private func counting(
    _ dtype: DType, _ shape: [Int], from first: Int = 0, strides: [Int]? = nil, byteCount: Int = 240
  ) throws -> LazyTensor {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: first + $0 * 7) }
    return try Made.tensor(dtype, shape, storage: Storage(MemoryBytes(bytes)), strides: strides)
  }

  /// The bytes of the runs' rows, one row after the other.
  private func naive(_ runs: [LazyTensor.RowRun]) throws -> [UInt8] {
    try runs.flatMap { run in
      let bytes = try run.tensor.read()
      let width = run.tensor.byteCount / run.tensor.shape[0]
      return run.rows.flatMap { bytes[($0 * width)..<(($0 + 1) * width)] }
    }
  }

  /// Whole, and every part: all offsets, all lengths.
  private func expectAllParts(of tensor: LazyTensor, are expected: [UInt8]) throws {
    #expect(try tensor.read() == expected)
    var cursor = try tensor.storage.source.makeCursor()
    for start in 0...expected.count {
      for count in [0, 1, 2, 5, expected.count - start] where start + count <= expected.count {
        var part = [UInt8](repeating: 0, count: count)
        try part.withMutableRawBytes { span throws(FileError) in
          try cursor.read(at: start, into: &span)
        }
        #expect(part == Array(expected[start..<(start + count)]))
      }
    }
  }

  @Test func `are those of each run, from any offset`() throws {
    let a = try counting(.f32, [5, 3])
    let b = try counting(.f32, [4, 3], from: 100)
    let transposed = try counting(.f32, [6, 3], from: 50, strides: [1, 6])
    let narrow = try #require(counting(.bf16, [4, 3]).cast(to: .f32))
    let runs: [LazyTensor.RowRun] = [
      .init(a, 0..<2), .init(b, 3..<4), .init(a, 2..<2), .init(a, 4..<5), .init(a, 0..<1),
      .init(transposed, 1..<5), .init(narrow, 0..<4), .init(b, 0..<3),
    ]
    let tensor = try #require(LazyTensor.rows(of: runs))
    #expect(tensor.shape == [16, 3])
    #expect(tensor.derivation == .rows)
    try expectAllParts(of: tensor, are: naive(runs))
  }

  @Test(arguments: 0..<20) func `are those of random runs`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let tensors = try (0..<3).map { try counting(.f16, [6, 5], from: $0 * 40) }
    let runs = (0..<Int.random(in: 1...9, using: &generator)).map { _ in
      let start = Int.random(in: 0...6, using: &generator)
      return LazyTensor.RowRun(
        tensors[Int.random(in: 0..<3, using: &generator)],
        start..<Int.random(in: start...6, using: &generator))
    }
    let tensor = try #require(LazyTensor.rows(of: runs))
    try expectAllParts(of: tensor, are: naive(runs))
  }

  @Test func `of less than a byte are taken where they begin on one`() throws {
    let whole = try counting(.f4, [6, 4], byteCount: 12)
    let runs = [LazyTensor.RowRun(whole, 5..<6), .init(whole, 1..<3)]
    try expectAllParts(of: #require(LazyTensor.rows(of: runs)), are: naive(runs))
    let halves = try counting(.f4, [6, 3], byteCount: 9)
    #expect(LazyTensor.rows(of: [.init(halves, 0..<2)]) == nil)
  }

  @Test func `are refused where they do not fit together`() throws {
    let a = try counting(.f32, [5, 3])
    let scalar = try counting(.f32, [])
    #expect(LazyTensor.rows(of: []) == nil)
    #expect(LazyTensor.rows(of: [.init(scalar, 0..<1)]) == nil)
    #expect(LazyTensor.rows(of: [.init(a, 3..<6)]) == nil)
    #expect(LazyTensor.rows(of: [.init(a, -1..<2)]) == nil)
    #expect(
      LazyTensor.rows(of: [.init(a, 0..<1), .init(try counting(.i32, [5, 3]), 0..<1)]) == nil)
    #expect(
      LazyTensor.rows(of: [.init(a, 0..<1), .init(try counting(.f32, [5, 4]), 0..<1)]) == nil)
  }

  @Test func `can be none`() throws {
    let a = try counting(.f32, [5, 3])
    let none = try #require(LazyTensor.rows(of: [.init(a, 2..<2)]))
    #expect(none.shape == [0, 3])
    #expect(try none.read() == [])
  }
}
