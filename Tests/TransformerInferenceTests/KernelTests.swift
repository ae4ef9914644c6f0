internal import TestSupport
internal import Testing

// Each version is compared with the scalar one, which is the formula with the C library's functions. Lengths
// run over several vectors and every rest; the values are not aligned.

@Suite struct `Vectorised kernels` {
  private static let seed: UInt64 = 0x5EED_0010
  private static let counts = Array(0...67) + [255, 768]
  /// Zeros, subnormals, the ends of exp, tanh and erf, what overflows, and what is no number.
  private static let special: [Float] = [
    0, -0.0, Float.leastNonzeroMagnitude, -Float.leastNormalMagnitude / 3, 1e-38, 0.625, -0.625, 4,
    -4, 7.9, 9.1, -9.1, 87.2, -87.4, 88.72, 88.73,
    -88.8,
    -103, 104, 1e10, -1e10, 1e30, -1e30, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
    .infinity, -.infinity, .nan,
  ]

  @Test(arguments: KernelTable.vectorized, KernelTable.Function.allCases)
  func `agree on functions of each value`(kernels: KernelTable, function: KernelTable.Function)
    throws
  {
    var samples = Samples(seed: Self.seed)
    for count in Self.counts {
      var values = samples.values(count, spread: [0.01, 1, 10, 60][count % 4])
      for index in values.indices.filter({ ($0 + count) % 5 == 0 }) {
        values[index] = Self.special[(index + count) % Self.special.count]
      }
      let found = try #require(kernels.apply(function, to: values, padding: count % 4))
      let expected = try #require(KernelTable.scalar.apply(function, to: values, padding: 0))
      for (index, value) in values.enumerated() {
        // erf and tanh near ±1 are good to three units of 1.2e-7, and gelu multiplies that by x.
        let tolerance = 5e-7 * max(1, abs(value.isFinite ? value : 1))
        #expect(
          isClose(found[index], expected[index], tolerance),
          "\(function)(\(value)) of \(count): \(found[index]), not \(expected[index])")
      }
    }
  }

  @Test(arguments: KernelTable.vectorized, KernelTable.Operation.allCases)
  func `agree on sums and products`(kernels: KernelTable, operation: KernelTable.Operation) throws {
    var samples = Samples(seed: Self.seed + 1)
    for count in Self.counts {
      let (x, y) = (samples.values(count, spread: 3), samples.values(count, spread: 3))
      let found = try #require(kernels.apply(operation, x, y, padding: count % 4))
      let expected = try #require(KernelTable.scalar.apply(operation, x, y, padding: 0))
      for index in x.indices {
        // A fused multiplication and addition rounds once where the scalar version rounds twice.
        let tolerance = 1.2e-7 * (abs(x[index]) + abs(y[index]))
        #expect(isClose(found[index], expected[index], tolerance), "\(operation), \(count) values")
      }
    }
  }

  @Test(arguments: KernelTable.vectorized, [-Float.infinity, 1.5])
  func `agree on softmax`(kernels: KernelTable, sink: Float) throws {
    var samples = Samples(seed: Self.seed + 2)
    for count in Self.counts.dropFirst() {
      for seen in [1, count / 2 + 1, count + 5] {
        let stride = count + count % 3
        var values = samples.values(3 * stride, spread: [1, 10, 40][count % 3])
        // What attention masks, and what nobody can see.
        for index in values.indices.filter({ $0 % 7 == 3 }) {
          values[index] = [-.greatestFiniteMagnitude, -.infinity][index % 2]
        }
        let found = try #require(
          kernels.softmax(
            values, rows: 3, count: count, stride: stride, seen: seen, sink: sink,
            padding: count % 4))
        let expected = try #require(
          KernelTable.scalar.softmax(
            values, rows: 3, count: count, stride: stride, seen: seen, sink: sink, padding: 0))
        for index in values.indices {
          // exp is good to three units in the last place, and 768 terms are added in float32. Below 1e-37
          // the vector version has zeros where the scalar one has subnormals.
          #expect(
            isClose(found[index], expected[index], 2e-6 * abs(expected[index]) + 1e-37),
            "\(count) values, \(seen) seen, at \(index): \(found[index]), not \(expected[index])")
        }
      }
    }
  }

  @Test(arguments: KernelTable.vectorized + [.scalar])
  func `hide what a row does not see`(kernels: KernelTable) throws {
    let values: [Float] = [1, .nan, .nan, 1, 1, .nan, 1, 1, 1]
    let found = try #require(
      kernels.softmax(
        values, rows: 3, count: 3, stride: 3, seen: 1, sink: -.infinity, padding: 1))
    #expect(found == [1, 0, 0, 0.5, 0.5, 0] + found.suffix(3))
    #expect(found.suffix(3).allSatisfy { abs($0 - 1 / 3) < 1e-7 })
  }

  @Test(arguments: KernelTable.vectorized + [.scalar])
  func `keep a NaN in its row`(kernels: KernelTable) throws {
    for position in 0..<40 {
      var values = [Float](repeating: 1, count: 80)
      values[position] = .nan
      let found = try #require(
        kernels.softmax(
          values, rows: 2, count: 40, stride: 40, seen: 40, sink: -.infinity, padding: 1))
      #expect(found.prefix(40).allSatisfy { $0.isNaN })
      #expect(found.suffix(40).allSatisfy { abs($0 - 1 / 40) < 1e-8 })
    }
  }

  @Test(arguments: KernelTable.vectorized, [false, true])
  func `agree on norms`(kernels: KernelTable, hasGain: Bool) throws {
    var samples = Samples(seed: Self.seed + 3)
    for count in Self.counts.dropFirst(2) {
      // Up to 1e15: beyond, squares overflow in float32, here as in PyTorch.
      let spread: Float = [1e-3, 1, 1e4, 1e15][count % 4]
      let values = samples.values(3 * count, spread: spread).map { $0 + spread }
      let gain = hasGain ? samples.values(count, spread: 1) : nil
      let bias = hasGain ? samples.values(count, spread: 1) : nil
      let layer = try #require(
        kernels.layerNorm(values, count: count, gain: gain, bias: bias, padding: count % 4))
      let length = try #require(
        kernels.lengthNorm(
          values, rows: 3, count: count - 1, stride: count, gain: gain, padding: count % 4))
      let scalar = KernelTable.scalar
      let expectedLayer = try #require(
        scalar.layerNorm(values, count: count, gain: gain, bias: bias, padding: 0))
      let expectedLength = try #require(
        scalar.lengthNorm(values, rows: 3, count: count - 1, stride: count, gain: gain, padding: 0))
      // Sums of up to 768 terms in float32 where the scalar version has float64: 1e-6 of values around 1;
      // few values with a small spread have their mean's rounding divided by it.
      for index in values.indices {
        #expect(isClose(layer[index], expectedLayer[index], 2e-5), "LayerNorm of \(count)")
        let tolerance = 2e-6 * max(1, abs(expectedLength[index]))
        #expect(isClose(length[index], expectedLength[index], tolerance), "length of \(count)")
      }
    }
  }

  @Test(arguments: KernelTable.vectorized, [false, true])
  func `agree on rotations`(kernels: KernelTable, areHalves: Bool) throws {
    var samples = Samples(seed: Self.seed + 4)
    for pairs in 0...40 {
      let values = samples.values(2 * pairs + 3, spread: 1)
      let (cosines, sines) = (samples.values(pairs, spread: 1), samples.values(pairs, spread: 1))
      let found = try #require(
        kernels.rotate(
          values, cosines: cosines, sines: sines, areHalves: areHalves, padding: pairs % 4))
      let expected = try #require(
        KernelTable.scalar.rotate(
          values, cosines: cosines, sines: sines, areHalves: areHalves, padding: 0))
      // Two products of numbers below 4, one of them perhaps fused.
      for index in values.indices { #expect(isClose(found[index], expected[index], 4e-6)) }
    }
  }

  @Test(arguments: KernelTable.vectorized, 1...9)
  func `agree on products with few tokens`(kernels: KernelTable, rows: Int) throws {
    var samples = Samples(seed: Self.seed + 5)
    for count in Self.counts {
      for tokens in 1...3 {
        let w = samples.values(rows * count, spread: 1)
        let x = samples.values(tokens * count, spread: 1)
        let found = try #require(
          kernels.multiplyRows(w, x, count: count, rows: rows, tokens: tokens))
        let expected = try #require(
          KernelTable.scalar.multiplyRows(w, x, count: count, rows: rows, tokens: tokens))
        // Sums of products around 1, in float32.
        let tolerance = 1e-6 * Float(max(1, count)).squareRoot()
        for index in found.indices { #expect(isClose(found[index], expected[index], tolerance)) }
      }
    }
  }

  /// Equal up to the tolerance; infinities and NaNs are equal to themselves only.
  private func isClose(_ found: Float, _ expected: Float, _ tolerance: Float) -> Bool {
    if expected.isNaN || found.isNaN { return expected.isNaN && found.isNaN }
    return found == expected || abs(found - expected) <= tolerance
  }
}

/// Seeded numbers.
private struct Samples {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// Sums of three uniform numbers, at most `2 · spread` from 0.
  mutating func values(_ count: Int, spread: Float) -> [Float] {
    (0..<count).map { _ in
      (0..<3).reduce(Float(0)) { sum, _ in sum + Float.random(in: -1...1, using: &generator) }
        * spread * 2 / 3
    }
  }
}
