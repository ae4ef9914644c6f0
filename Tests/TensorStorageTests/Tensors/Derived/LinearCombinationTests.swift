import TensorStorage
import TestSupport
import Testing

@Suite struct `Linear combinations` {
  /// Numbers of a few digits, so that sums of them are exact in float32.
  private func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float(Int.random(in: -999...999, using: &generator)) / 64 }
  }

  @Test func `are the sums of the definition`() throws {
    // More than one tile.
    let (x, y) = (numbers(70_000, seed: 1), numbers(70_000, seed: 2))
    let tensor = try #require(
      LazyTensor.combination(
        [.init(0.5, try Made.floats([700, 100], x)), .init(-2, try Made.floats([700, 100], y))],
        plus: 3, as: .f32, formula: "½ x − 2 y + 3"))
    #expect(tensor.shape == [700, 100])
    #expect(tensor.derivation == .computed(formula: "½ x − 2 y + 3"))
    #expect(try tensor.floats() == zip(x, y).map { 0.5 * $0 - 2 * $1 + 3 })
  }

  @Test(arguments: [DType.f64, .f32, .f16, .bf16])
  func `are rounded once, to nearest even`(dtype: DType) throws {
    let x = numbers(50, seed: 3)
    // A third has no end in any of them.
    let exact = x.map { Double($0) * (1 / 3.0) }
    let wide = try Made.tensor(.f64, [50], bits: exact.map(\.bitPattern))
    let tensor = try #require(
      LazyTensor.combination(
        [.init(1 / 3.0, try Made.floats([50], x))], as: dtype, formula: ""))
    #expect(tensor.dtype == dtype)
    #expect(try tensor.read() == #require(wide.cast(to: dtype)).read())
  }

  @Test(arguments: [DType.f32, .bf16]) func `are the same bytes from any offset`(dtype: DType)
    throws
  {
    let x = try Made.floats([4, 5], numbers(20, seed: 4))
    let tensor = try #require(LazyTensor.combination([.init(3, x)], as: dtype, formula: ""))
    let whole = try tensor.read()
    var cursor = try tensor.storage.source.makeCursor()
    for start in 0...whole.count {
      for count in [1, 3, whole.count - start] where start + count <= whole.count {
        var part = [UInt8](repeating: 0, count: count)
        try part.withMutableRawBytes { span throws(FileError) in
          try cursor.read(at: start, into: &span)
        }
        #expect(part == Array(whole[start..<(start + count)]))
      }
    }
  }

  @Test func `of casts and views read what those read`() throws {
    let x = numbers(6, seed: 5)
    let storage = try Made.floats([6], x).storage
    let transposed = try Made.tensor(.f32, [3, 2], storage: storage, strides: [1, 3])
    let tensor = try #require(
      LazyTensor.combination([.init(2, transposed)], as: .f32, formula: ""))
    #expect(try tensor.floats() == [0, 3, 1, 4, 2, 5].map { x[$0] * 2 })
  }

  @Test func `with a power of two lose nothing`() throws {
    let odd: [Float] = [.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0, 1 / 3, .infinity]
    let x = try Made.floats([5], odd)
    let same = try #require(LazyTensor.combination([.init(1, x)], as: .f32, formula: ""))
    let halves = try #require(LazyTensor.combination([.init(0.5, x)], as: .f64, formula: ""))
    #expect(try same.floats() == odd)
    #expect(
      try halves.read()
        == Made.tensor(.f64, [5], bits: odd.map { (Double($0) / 2).bitPattern }).read())
  }

  @Test func `are refused where shapes or dtypes do not fit`() throws {
    let x = try Made.floats([2, 3], numbers(6, seed: 6))
    let other = try Made.floats([3, 2], numbers(6, seed: 7))
    let integers = try Made.tensor(.i32, [2, 3], bits: [Int32](repeating: 1, count: 6))
    #expect(LazyTensor.combination([], as: .f32, formula: "") == nil)
    #expect(LazyTensor.combination([.init(1, x), .init(1, other)], as: .f32, formula: "") == nil)
    #expect(LazyTensor.combination([.init(1, integers)], as: .f32, formula: "") == nil)
    #expect(LazyTensor.combination([.init(1, x)], as: .i32, formula: "") == nil)
  }
}
