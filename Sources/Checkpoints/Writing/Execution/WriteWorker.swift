internal import TensorStorage

/// One thread's share of the writing: a buffer, and the jobs it does with it.
struct WriteWorker: ~Copyable {
  private var buffer: TensorBytes
  private let budget: WriteBudget
  private let meter: ProgressMeter
  private let stop: StopSign

  init(budget: WriteBudget, meter: ProgressMeter, stop: StopSign) {
    buffer = TensorBytes(holdingPagesOf: budget.pieceByteCount)
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
    case .window(let bytes, let segments):
      try writeWindow(bytes, segments, of: file, into: writer, &findings)
    case .copy(let segments, let bytes): try copy(segments, bytes, of: file, into: writer)
    case .sequence(let positions):
      for position in positions {
        try writeSequence(position, of: file, into: writer, &findings)
      }
    }
    return findings
  }

  /// The place in the buffer of bytes of the file, such that they can be written past the cache.
  private func place(of bytes: Range<Int>) -> Range<Int> {
    let start = FileWriter.placeInBuffer(ofBytesAt: bytes.lowerBound)
    return start..<(start + bytes.count)
  }

  // MARK: - Windows

  private mutating func writeWindow(
    _ window: Range<Int>, _ positions: Range<Int>, of file: OutputFile,
    into writer: FileWriter, _ findings: inout JobFindings
  ) throws(FileError) {
    let segments = file.plan.segments
    let place = place(of: window)
    let base = place.lowerBound - window.lowerBound
    for position in positions {
      try stop.check()
      let bytes = segments[position].bytes.clamped(to: window)
      try fill(bytes, at: base, from: position, of: file, &findings)
    }
    for position in positions where !file.work.lateSegments.contains(position) {
      guard case .checksums(let field) = segments[position].content else { continue }
      let bytes = field.encode(field.segments.map { findings.checksums[$0]?.whole ?? CRC32() })
      var target = buffer.mutableBytes(segments[position].bytes.shifted(by: base))
      target.copy(bytes.rawBytes)
    }
    try writer.write(buffer.bytes.extracting(place), at: window.lowerBound)
    meter.add(byteCount: window.count)
  }

  /// Puts a segment's bytes, which are `bytes` of the file, into the buffer, `base` further.
  private mutating func fill(
    _ bytes: Range<Int>, at base: Int, from position: Int, of file: OutputFile,
    _ findings: inout JobFindings
  ) throws(FileError) {
    let segment = file.plan.segments[position]
    let part = bytes.shifted(by: -segment.byteOffset)
    var target = buffer.mutableBytes(bytes.shifted(by: base))
    switch segment.content {
    case .checksums: return
    case .bytes(let known): target.copy(known.rawBytes.extracting(part))
    case .tensor(let tensor, let owner):
      var reader = try TensorReader(tensor)
      try reader.read(bytes: part, into: &target)
      findings.add(reader.report, owner: owner)
    }
    guard file.work.needsChecksums else { return }
    findings.add(target.bytes, segment: position, at: part.lowerBound)
  }

  // MARK: - From front to back

  private mutating func writeSequence(
    _ position: Int, of file: OutputFile, into writer: FileWriter,
    _ findings: inout JobFindings
  ) throws(FileError) {
    let segment = file.plan.segments[position]
    guard case .tensor(let tensor, let owner) = segment.content else { return }
    var reader = try TensorReader(tensor)
    let parts = tensor.parts(
      writtenAt: segment.byteOffset, largestByteCount: budget.pieceByteCount)
    for elements in parts {
      try stop.check()
      let start = tensor.packedByteCount(elements.lowerBound)
      let bytes = start..<tensor.packedByteCount(elements.upperBound)
      let place = place(of: bytes.shifted(by: segment.byteOffset))
      var target = buffer.mutableBytes(place)
      try reader.read(elements: elements, into: &target)
      if file.work.needsChecksums { findings.add(target.bytes, segment: position, at: start) }
      try writer.write(buffer.bytes.extracting(place), at: segment.byteOffset + start)
      meter.add(byteCount: bytes.count)
    }
    findings.add(reader.report, owner: owner)
  }

  // MARK: - Copies

  /// Shares the blocks of the source, and copies what cannot be shared.
  private mutating func copy(
    _ segments: Range<Int>, _ bytes: Range<Int>, of file: OutputFile, into writer: FileWriter
  ) throws(FileError) {
    let first = file.plan.segments[segments.lowerBound]
    guard let run = first.copiedRange else { return }
    let source = FileRange(
      file: run.file, byteOffset: run.byteOffset + bytes.lowerBound, byteCount: bytes.count)
    let offset = first.byteOffset + bytes.lowerBound
    let shared = try writer.shareBlocks(of: source, at: offset)
    meter.add(byteCount: shared.count)
    try copy(source, 0..<shared.lowerBound, to: offset, writer)
    try copy(source, shared.upperBound..<source.byteCount, to: offset, writer)
  }

  private mutating func copy(
    _ source: FileRange, _ part: Range<Int>, to offset: Int, _ writer: FileWriter
  ) throws(FileError) {
    var start = part.lowerBound
    while start < part.upperBound {
      try stop.check()
      let count = min(budget.pieceByteCount, part.upperBound - start)
      let place = place(of: (offset + start)..<(offset + start + count))
      var target = buffer.mutableBytes(place)
      try source.read(at: start, into: &target)
      try writer.write(buffer.bytes.extracting(place), at: offset + start)
      meter.add(byteCount: count)
      start += count
    }
  }
}

extension JobFindings {
  /// Adds the checksum of a part of a segment, which begins at that byte of it.
  fileprivate mutating func add(_ bytes: RawSpan, segment: Int, at byteOffset: Int) {
    var checksum = CRC32()
    checksum.update(bytes)
    checksums[segment, default: PartialChecksum()].parts[byteOffset] = checksum
  }

  /// Adds what casting a tensor did, if it was cast.
  fileprivate mutating func add(_ report: ConversionReport, owner: Int?) {
    guard let owner, report.elementCount > 0 else { return }
    conversions[owner, default: ConversionReport()].merge(report)
  }
}

extension Range<Int> {
  /// The same range, that much further.
  fileprivate func shifted(by distance: Int) -> Range<Int> {
    (lowerBound + distance)..<(upperBound + distance)
  }
}

extension LazyTensor {
  /// Bytes of the first `elementCount` elements, packed; they end on a byte.
  fileprivate func packedByteCount(_ elementCount: Int) -> Int {
    // The whole tensor's count was found to fit when the view was made.
    dtype.byteCount(elementCount: elementCount) ?? 0
  }
}
