internal import TensorStorage

/// One thread's share of the writing: a buffer, and the jobs it does with it.
struct WriteWorker: ~Copyable {
  private var buffer: TensorBytes
  private let budget: WriteBudget
  private let meter: ProgressMeter
  private let stop: StopSign

  init(budget: WriteBudget, meter: ProgressMeter, stop: StopSign) {
    buffer = TensorBytes(byteCount: budget.pieceByteCount)
    self.budget = budget
    self.meter = meter
    self.stop = stop
  }

  /// Does one job; what it found on the way.
  mutating func run(
    _ job: WriteJob, of file: OutputFile, into writer: FileWriter
  ) throws(FileError) -> JobFindings {
    var findings = JobFindings()
    switch job {
    case .run(let range): try writeRun(range, of: file, into: writer, &findings)
    case .bytes(let position): try writeBytes(position, of: file, into: writer, &findings)
    case .part(let position, let part, let elements):
      try writePart(position, part, elements, of: file, into: writer, &findings)
    case .sequence(let positions):
      try writeSequence(positions, of: file, into: writer, &findings)
    }
    return findings
  }

  // MARK: - Neighbours in one buffer

  private mutating func writeRun(
    _ range: Range<Int>, of file: OutputFile, into writer: FileWriter,
    _ findings: inout JobFindings
  ) throws(FileError) {
    let segments = file.plan.segments
    let start = segments[range.lowerBound].byteOffset
    let end = segments[range.upperBound - 1].endOffset
    for position in range {
      try stop.check()
      try fill(segments[position], position, from: start, in: file, &findings)
    }
    if file.needsChecksums { fillChecksums(range, from: start, in: file, findings) }
    try writer.write(buffer.bytes.extracting(0..<(end - start)), at: start)
    meter.add(byteCount: end - start)
  }

  private mutating func fill(
    _ segment: FileSegment, _ position: Int, from start: Int, in file: OutputFile,
    _ findings: inout JobFindings
  ) throws(FileError) {
    let place = segment.byteOffset - start..<segment.endOffset - start
    switch segment.content {
    case .checksums: return
    case .bytes(let bytes):
      var target = buffer.mutableBytes(place)
      target.copy(bytes.rawBytes)
    case .tensor(let tensor, let owner):
      var reader = try TensorReader(tensor)
      var target = buffer.mutableBytes(place)
      try reader.read(elements: 0..<tensor.elementCount, into: &target)
      findings.add(reader.report, owner: owner)
    }
    if file.needsChecksums {
      findings.add(buffer.bytes.extracting(place), segment: position, part: 0)
    }
  }

  /// Fills in what the checksums of this run decide.
  private mutating func fillChecksums(
    _ range: Range<Int>, from start: Int, in file: OutputFile, _ findings: JobFindings
  ) {
    for position in range {
      let segment = file.plan.segments[position]
      guard case .checksums(let field) = segment.content else { continue }
      let bytes = field.encode(field.segments.map { findings.checksums[$0]?.whole ?? CRC32() })
      var target = buffer.mutableBytes(segment.byteOffset - start..<segment.endOffset - start)
      target.copy(bytes.rawBytes)
    }
  }

  // MARK: - Long segments

  private mutating func writeBytes(
    _ position: Int, of file: OutputFile, into writer: FileWriter,
    _ findings: inout JobFindings
  ) throws(FileError) {
    let segment = file.plan.segments[position]
    guard case .bytes(let bytes) = segment.content else { return }
    if file.needsChecksums { findings.add(bytes.rawBytes, segment: position, part: 0) }
    try writer.write(bytes.rawBytes, at: segment.byteOffset)
    meter.add(byteCount: bytes.count)
  }

  private mutating func writePart(
    _ position: Int, _ part: Int, _ elements: Range<Int>, of file: OutputFile,
    into writer: FileWriter, _ findings: inout JobFindings
  ) throws(FileError) {
    let segment = file.plan.segments[position]
    guard case .tensor(let tensor, let owner) = segment.content else { return }
    try stop.check()
    let start = tensor.packedByteCount(elements.lowerBound)
    let byteCount = tensor.packedByteCount(elements.upperBound) - start
    var reader = try TensorReader(tensor)
    var target = buffer.mutableBytes(0..<byteCount)
    try reader.read(elements: elements, into: &target)
    let bytes = buffer.bytes.extracting(0..<byteCount)
    if file.needsChecksums { findings.add(bytes, segment: position, part: part) }
    try writer.write(bytes, at: segment.byteOffset + start)
    findings.add(reader.report, owner: owner)
    meter.add(byteCount: byteCount)
  }

  // MARK: - From front to back

  private mutating func writeSequence(
    _ positions: [Int], of file: OutputFile, into writer: FileWriter,
    _ findings: inout JobFindings
  ) throws(FileError) {
    for position in positions {
      guard case .tensor(let tensor, let owner) = file.plan.segments[position].content else {
        continue
      }
      var reader = try TensorReader(tensor)
      let step = budget.pieceByteCount * 8 / tensor.dtype.bitCount & ~7
      for (part, start) in stride(from: 0, to: tensor.elementCount, by: step).enumerated() {
        try stop.check()
        let elements = start..<min(start + step, tensor.elementCount)
        let offset = tensor.packedByteCount(start)
        let byteCount = tensor.packedByteCount(elements.upperBound) - offset
        var target = buffer.mutableBytes(0..<byteCount)
        try reader.read(elements: elements, into: &target)
        let bytes = buffer.bytes.extracting(0..<byteCount)
        if file.needsChecksums { findings.add(bytes, segment: position, part: part) }
        try writer.write(bytes, at: file.plan.segments[position].byteOffset + offset)
        meter.add(byteCount: byteCount)
      }
      findings.add(reader.report, owner: owner)
    }
  }
}

extension JobFindings {
  /// Adds the checksum of a part of a segment.
  fileprivate mutating func add(_ bytes: RawSpan, segment: Int, part: Int) {
    var checksum = CRC32()
    checksum.update(bytes)
    checksums[segment, default: PartialChecksum()].parts[part] = checksum
  }

  /// Adds what casting a tensor did, if it was cast.
  fileprivate mutating func add(_ report: ConversionReport, owner: Int?) {
    guard let owner, report.elementCount > 0 else { return }
    conversions[owner, default: ConversionReport()].merge(report)
  }
}

extension LazyTensor {
  /// Bytes of the first `elementCount` elements, packed; they end on a byte.
  fileprivate func packedByteCount(_ elementCount: Int) -> Int {
    // The whole tensor's count was found to fit when the view was made.
    dtype.byteCount(elementCount: elementCount) ?? 0
  }
}
