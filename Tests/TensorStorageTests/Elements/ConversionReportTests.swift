internal import TensorStorage
internal import Testing

@Suite struct `Conversion report` {
  @Test(arguments: Instructions.available)
  func `counts what was lost`(instructions: Instructions) {
    // 65520 is the least single that rounds to infinity in F16; 2^-25 is the largest that rounds to 0.
    let values: [Float] = [
      0, -0.0, 1, 65519, 65520, -1e30, .infinity, -.infinity, .nan, 0x1p-24, 0x1p-25, -0x1p-140, 3,
    ]
    let bytes = values.flatMap(\.bitPattern.bytes)
    let report = converted(bytes, DTypePair(.f32, .f16), using: instructions).report
    #expect(report.elementCount == 13)
    #expect(report.overflowCount == 2)
    #expect(report.underflowCount == 2)
    #expect(report.nanCount == 1)
    #expect(report.worstAbsoluteError == 15)  // 65519 becomes 65504
    #expect(report.worstRelativeError == 1)
  }

  @Test(arguments: Instructions.available)
  func `gives the worst errors`(instructions: Instructions) {
    // A tie of BF16 above 1 loses 2^-8 of 1 + 2^-8; one above 256 loses 1 of 257.
    let values: [Float] = [1, 1 + 0x1p-8, 256, 257, -2, 0]
    let bytes = [[Float]](repeating: values, count: 3).flatMap { $0 }.flatMap(\.bitPattern.bytes)
    let report = converted(bytes, DTypePair(.f32, .bf16), using: instructions).report
    #expect(report.worstAbsoluteError == 1)
    #expect(report.worstRelativeError == Double(1 / Float(257)))
    #expect(report.overflowCount + report.underflowCount + report.nanCount == 0)
  }

  @Test func `of a widening finds no error`() {
    let bytes = (0...UInt16.max).flatMap(\.bytes)
    for source in [DType.f16, .bf16] {
      for target in [DType.f32, .f64] {
        let report = converted(bytes, DTypePair(source, target)).report
        #expect(report.worstAbsoluteError == 0)
        #expect(report.overflowCount + report.underflowCount == 0)
        #expect(report.nanCount == (source == .f16 ? 2 * 1023 : 2 * 127))
      }
    }
  }

  @Test func `adds parts`() {
    var sum = ConversionReport()
    let part = converted(
      [1e9 as Float, 1.0001, 1e-9, .nan].flatMap(\.bitPattern.bytes), DTypePair(.f32, .f16)
    ).report
    for _ in 0..<3 { sum.merge(part) }
    #expect(sum.elementCount == 12)
    #expect(sum.overflowCount == 3)
    #expect(sum.underflowCount == 3)
    #expect(sum.nanCount == 3)
    #expect(sum.worstAbsoluteError == part.worstAbsoluteError)
    #expect(sum.worstRelativeError == part.worstRelativeError)
  }
}

@Suite struct `Versions of the conversion kernel` {
  private static let seed: UInt64 = 0x5EED_0001

  /// A million random doubles, or more of less.
  private static let randomBytes: [UInt8] = {
    var generator = SeededGenerator(seed: seed)
    var bytes = [UInt8](repeating: 0, count: 8_000_000)
    bytes.withMutableRawBytes { span in
      for position in stride(from: 0, to: 8_000_000, by: 8) {
        span.storeBytes(of: generator.next(), toByteOffset: position, as: UInt64.self)
      }
    }
    return bytes
  }()

  @Test(arguments: DType.pairs)
  func `agree at every length and alignment`(pair: DTypePair) {
    var generator = SeededGenerator(seed: Self.seed)
    let bytes = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for offset in 0..<4 {
      for group in 0..<40 {
        // Whole bytes of elements; beyond 32 groups, lengths at which tables are used.
        let count = group <= 32 ? group * 4 : 1024 + group * 4
        let end = offset + count * pair.source.bitCount / 8
        expectAgreement([UInt8](bytes[offset..<end]), pair)
      }
    }
    for count in 0..<40 where !pair.source.isSubByte {
      expectAgreement([UInt8](bytes[..<(count * pair.source.bitCount / 8)]), pair)
    }
  }

  @Test(arguments: DType.pairs.filter { $0.source.bitCount >= 16 })
  func `agree on a million random bit patterns`(pair: DTypePair) {
    expectAgreement([UInt8](Self.randomBytes[..<(1_000_000 * pair.source.bitCount / 8)]), pair)
    var generator = SeededGenerator(seed: Self.seed)
    // Magnitudes around 1, which random bits rarely have.
    let ordinary = (0..<10_000).flatMap { _ -> [UInt8] in
      let value = Double.random(in: -4...4, using: &generator)
      switch pair.source {
      case .f64: return value.bitPattern.bytes
      case .f32: return Float(value).bitPattern.bytes
      case .f16: return Float16(value).bitPattern.bytes
      default: return UInt16(Float(value).bitPattern >> 16).bytes
      }
    }
    expectAgreement(ordinary, pair)
  }

  private func expectAgreement(
    _ bytes: [UInt8], _ pair: DTypePair, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let reference = converted(bytes, pair, using: .scalar)
    for instructions in Instructions.available.dropFirst() {
      let found = converted(bytes, pair, using: instructions)
      #expect(
        found.bytes == reference.bytes && found.report == reference.report,
        "\(pair) with \(instructions), \(bytes.count) bytes, seed \(Self.seed)",
        sourceLocation: sourceLocation)
    }
  }
}
