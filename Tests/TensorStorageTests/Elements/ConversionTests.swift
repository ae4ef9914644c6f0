internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Element conversion` {
  @Test func `is supported from every floating dtype to those of sixteen bits and more`() {
    for source in DType.allCases {
      for target in DType.allCases {
        #expect(
          ElementConversion.isSupported(from: source, to: target)
            == (source.isFloatingPoint && DType.targets.contains(target)))
      }
    }
  }

  @Test(arguments: [DType.f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz])
  func `of eight bits agrees with torch on every value`(dtype: DType) throws {
    let torch = try #require(TorchConversions.read().float8[dtype.name])
    let codes = [UInt8](0...255)
    // Twice: below and above the length from which a table is used.
    for repetitions in [1, 16] {
      let bytes = [[UInt8]](repeating: codes, count: repetitions).flatMap { $0 }
      let singles = integers(converted(bytes, DTypePair(dtype, .f32)).bytes, as: UInt32.self)
      for (position, bits) in singles.enumerated() {
        let expected = torch[position % 256]
        if expected == "nan" {
          #expect(Float(bitPattern: bits).isNaN, "code \(position % 256)")
        } else {
          #expect(bits == UInt32(expected, radix: 16), "code \(position % 256)")
        }
      }
    }
  }

  @Test func `agrees with torch at every exponent, and around every tie`() throws {
    let torch = try TorchConversions.read()
    #expect(torch.digests.count == 12)
    let inputs = Dictionary(
      uniqueKeysWithValues: [DType.f32, .f16, .bf16].map {
        ($0, patterns(of: $0, lowerHalves: torch.lowerHalves))
      })
    for digest in torch.digests {
      let source = try #require(DType(name: digest.from))
      let target = try #require(DType(name: digest.to))
      let bytes = try #require(inputs[source])
      for instructions in Instructions.available {
        let pair = DTypePair(source, target)
        #expect(
          sha256(converted(bytes, pair, using: instructions).bytes) == digest.sha256,
          "\(pair) with \(instructions)")
      }
    }
  }

  /// The fixture's inputs: NaNs are zero, since torch's have no one form.
  private func patterns(of dtype: DType, lowerHalves: [UInt32]) -> [UInt8] {
    switch dtype {
    case .f16:
      (0...UInt16.max).flatMap { Float16(bitPattern: $0).isNaN ? [0, 0] : $0.bytes }
    case .bf16:
      (0...UInt16.max).flatMap { $0 & 0x7FFF > 0x7F80 ? [0, 0] : $0.bytes }
    default:
      (0...UInt32(UInt16.max)).flatMap { upper in
        lowerHalves.flatMap { lower in
          Float(bitPattern: upper << 16 | lower).isNaN ? [0, 0, 0, 0] : (upper << 16 | lower).bytes
        }
      }
    }
  }

  @Test func `of F4 takes the lower half of a byte first`() {
    let magnitudes: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    let values = magnitudes + magnitudes.map { -$0 }
    let codes = (0..<16).map { UInt8($0 | (15 - $0) << 4) }
    let singles = integers(converted(codes, DTypePair(.f4, .f32)).bytes, as: UInt32.self)
    let expected = (0..<16).flatMap { [values[$0], values[15 - $0]] }
    #expect(singles == expected.map(\.bitPattern))
  }

  @Test(arguments: [(DType.f6e2m3, 3, 1), (DType.f6e3m2, 2, 3)])
  func `of six bits takes the lowest bits first`(dtype: DType, fractionBits: Int, bias: Int) {
    // Four codes in three bytes.
    let bytes = stride(from: 0, to: 64, by: 4).flatMap { (code: UInt32) -> ArraySlice<UInt8> in
      let low = code | (code + 1) << 6
      let high = (code + 2) | (code + 3) << 6
      return (low | high << 12).bytes.dropLast()
    }
    let doubles = integers(converted(bytes, DTypePair(dtype, .f64)).bytes, as: UInt64.self)
    for (code, bits) in doubles.enumerated() {
      let fraction = Double(code % (1 << fractionBits)) / Double(1 << fractionBits)
      let exponent = (code % 32) >> fractionBits
      let magnitude =
        exponent == 0
        ? fraction * 2.0.power(1 - bias) : (1 + fraction) * 2.0.power(exponent - bias)
      #expect(bits == (code < 32 ? magnitude : -magnitude).bitPattern, "code \(code)")
    }
    #expect(doubles.count == 64)
  }

  @Test(arguments: [
    (0x7F81_2345 as UInt32, 0x7FC1 as UInt16, 0x7E09 as UInt16),
    (0xFFC1_2345, 0xFFC1, 0xFE09), (0x7F80_0001, 0x7FC0, 0x7E00), (0x7FFF_FFFF, 0x7FFF, 0x7FFF),
  ])
  func `keeps a NaN's sign and leading bits, and makes it quiet`(
    single: UInt32, brain: UInt16, half: UInt16
  ) {
    let bytes = [[UInt8]](repeating: single.bytes, count: 9).flatMap { $0 }
    for instructions in Instructions.available {
      let brains = converted(bytes, DTypePair(.f32, .bf16), using: instructions)
      #expect(integers(brains.bytes, as: UInt16.self) == [UInt16](repeating: brain, count: 9))
      let halves = converted(bytes, DTypePair(.f32, .f16), using: instructions)
      #expect(integers(halves.bytes, as: UInt16.self) == [UInt16](repeating: half, count: 9))
      #expect(halves.report.nanCount == 9)
    }
  }

  @Test func `of doubles rounds once`() {
    // Just above and below a tie of the target, by less than a single can tell.
    var values: [Double] = []
    for tie in [1 + 0x1p-8, 1 + 0x1p-11, 1 + 0x1p-24, 0x1.8p-24, 0x1p-25, 0x1.FF8p15, 0x1p-134] {
      values += [tie, tie * (1 + 0x1p-50), tie * (1 - 0x1p-50), -tie, -tie * (1 + 0x1p-50)]
    }
    values += [0x1p-1074, -0x1p-1074, .greatestFiniteMagnitude, 0x1.FFFFFFp127, 0x1p-149, 0x1p-150]
    let bytes = values.flatMap(\.bitPattern.bytes)
    for instructions in Instructions.available {
      let halves = converted(bytes, DTypePair(.f64, .f16), using: instructions).bytes
      #expect(integers(halves, as: UInt16.self) == values.map { Float16($0).bitPattern })
      let singles = converted(bytes, DTypePair(.f64, .f32), using: instructions).bytes
      #expect(integers(singles, as: UInt32.self) == values.map { Float($0).bitPattern })
      let brains = converted(bytes, DTypePair(.f64, .bf16), using: instructions).bytes
      #expect(integers(brains, as: UInt16.self) == values.map(nearestBrain))
    }
  }
}

/// The nearest BF16 of a finite double, found among its neighbours by exact differences.
private func nearestBrain(_ value: Double) -> UInt16 {
  let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
  let size = value.magnitude
  func brain(_ bits: UInt16) -> Double { Double(Float(bitPattern: UInt32(bits) << 16)) }
  var below: UInt16 = 0
  var above: UInt16 = 0x7F80
  while above - below > 1 {
    let middle = (below + above) / 2
    if brain(middle) <= size { below = middle } else { above = middle }
  }
  // Beyond the largest, what would be the next one stands for infinity.
  let next = above == 0x7F80 ? 0x1p128 : brain(above)
  let (down, up) = (size - brain(below), next - size)
  if down < up || (down == up && below.isMultiple(of: 2)) { return sign | below }
  return sign | above
}

extension Double {
  fileprivate func power(_ exponent: Int) -> Double {
    exponent < 0 ? 1 / power(-exponent) : (0..<exponent).reduce(1) { product, _ in product * self }
  }
}
