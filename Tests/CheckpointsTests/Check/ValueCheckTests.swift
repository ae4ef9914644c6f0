internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `Value check` {
  /// Checks one tensor of the given bytes, read in tiles of 64 KiB.
  private func messages(_ dtype: DType, _ shape: [Int], _ bytes: [UInt8]) throws -> [String] {
    let directory = try TemporaryDirectory()
    let header = SafetensorsSamples.entry("t", dtype.name, "\(shape)", "[0,\(bytes.count)]")
    let padding = String(repeating: " ", count: 8 - (header.utf8.count + 2) % 8)
    try directory.write(
      SafetensorsSamples.bytes("{\(header)}\(padding)") + bytes, to: "m.safetensors")
    var check = CheckpointCheck(limits: WorkLimits(threadCount: 2, memoryByteCount: 1))
    check.checksValues = true
    let report = try check.run(directory.path("m.safetensors"))
    #expect(report.hasCheckedValues)
    return report.findings.map { finding in
      "\(finding.severity) \(finding.message.split(separator: "tensor 't': ").last ?? "")"
    }
  }

  private func bytes<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
    values.flatMap { value in
      (0..<(T.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
    }
  }

  @Test func `finds NaN and infinity at their index`() throws {
    var values = [Float](repeating: 1, count: 40 * 1000)
    values[39 * 1000 + 7] = .nan
    values[12 * 1000 + 3] = -.infinity
    #expect(
      try messages(.f32, [40, 1000], bytes(values.map(\.bitPattern))) == [
        "fault 1 value is NaN, the first at [12, 3]", "fault 1 value is infinite",
      ])
  }

  @Test func `finds rows of zeros across tiles`() throws {
    // A row has 40,000 bytes and a tile 65,536; minus zero is zero.
    var values = [Float](repeating: 1, count: 10 * 10_000)
    for row in [3, 4, 9] {
      for column in 0..<10_000 { values[row * 10_000 + column] = column == 5 ? -0.0 : 0 }
    }
    values[9 * 10_000 + 9_999] = .leastNonzeroMagnitude
    #expect(
      try messages(.f32, [10, 10_000], bytes(values.map(\.bitPattern))) == [
        "remark 2 of 10 rows are all zero, the first is row 3"
      ])
  }

  @Test func `tells a tensor of zeros from zero rows`() throws {
    #expect(
      try messages(.f64, [4, 8], [UInt8](repeating: 0, count: 256)) == [
        "remark all values are zero"
      ])
  }

  /// Every pattern of eight and sixteen bits, against what the conversion makes of it.
  @Test(
    arguments: DType.allCases.filter { $0.isFloatingPoint && !$0.isSubByte && $0.bitCount <= 16 })
  func `agrees with the conversion on every bit pattern`(dtype: DType) throws {
    let scan = try #require(ElementScan(dtype))
    for pattern in UInt32(0)..<(1 << UInt32(dtype.bitCount)) {
      let width = dtype.bitCount / 8
      let element = (0..<width).map { UInt8(truncatingIfNeeded: pattern >> UInt32(8 * $0)) }
      var value = [UInt8](repeating: 0, count: 4)
      value.withMutableRawBytes { span in
        var report = ConversionReport()
        ElementConversion.convert(
          element.rawBytes, from: dtype, into: &span, as: .f32, report: &report)
      }
      let bits = value.reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      let number = Float(bitPattern: bits)
      let specials = scan.specials(in: element.rawBytes)
      guard specials.nanCount == (number.isNaN ? 1 : 0),
        specials.infiniteCount == (number.isInfinite ? 1 : 0),
        (scan.greatest(in: element.rawBytes) == 0 && scan.hasZero) == (number == 0),
        number.isFinite || scan.mayBeSpecial(scan.greatest(in: element.rawBytes))
      else {
        Issue.record("\(dtype) 0x\(String(pattern, radix: 16)) is \(number)")
        return
      }
    }
  }

  @Test func `looks at both parts of complex numbers`() throws {
    var parts = [Float](repeating: 1, count: 2 * 3 * 8)
    parts[2 * 9 + 1] = .nan
    #expect(
      try messages(.c64, [3, 8], bytes(parts.map(\.bitPattern))) == [
        "fault 1 value is NaN, the first at [1, 1]"
      ])
  }

  @Test func `has nothing to say of integers and of values below a byte`() throws {
    #expect(try messages(.i32, [2, 8], [UInt8](repeating: 0, count: 64)) == [])
    #expect(try messages(.f4, [2, 8], [UInt8](repeating: 0xFF, count: 8)) == [])
  }
}
