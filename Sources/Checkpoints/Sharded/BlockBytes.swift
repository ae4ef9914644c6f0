internal import TensorStorage

/// The bytes of a tensor whose elements lie in blocks, put in row-major order as they are read.
///
/// A block's bytes come in the same order in the block and in the whole, so what a block gives to a range
/// of the whole is a range of the block: one read, whose rows are then put where they belong. Memory is that of
/// the range, whatever the tensor's size.
struct BlockBytes: ByteSource {
  private let blocks: [BlockLayout]
  private let sources: [LazyTensor]
  let byteCount: Int

  var isRandomAccess: Bool { true }
  var fileRange: FileRange? { nil }

  /// The bytes of a tensor of that shape; nil if elements share bytes or their number cannot be counted.
  ///
  /// - Precondition: The blocks tile the shape, each has elements, and each is a plain copy of its bytes.
  init?(_ blocks: [TensorBlock], shape: [Int], dtype: DType) {
    guard !dtype.isSubByte, let elementCount = Layout.elementCount(of: shape),
      let byteCount = dtype.byteCount(elementCount: elementCount)
    else { return nil }
    self.byteCount = byteCount
    sources = blocks.map(\.tensor)
    self.blocks = blocks.map { block in
      BlockLayout(
        block: block.tensor.shape, at: block.offsets, of: shape,
        elementByteCount: dtype.bitCount / 8)
    }
  }

  func makeCursor() throws(FileError) -> any ByteCursor {
    var cursors: [any ByteCursor] = []
    for tensor in sources { cursors.append(try tensor.storage.source.makeCursor()) }
    return Cursor(blocks: blocks, starts: sources.map(\.byteOffset), cursors: cursors)
  }

  private struct Cursor: ByteCursor {
    let blocks: [BlockLayout]
    let starts: [Int]
    var cursors: [any ByteCursor]
    /// Rows of a block on their way; as long as the longest range read so far.
    var scratch: [UInt8] = []

    mutating func read(at start: Int, into destination: inout MutableRawSpan) throws(FileError) {
      let end = start + destination.byteCount
      for (position, block) in blocks.enumerated() {
        let part = block.position(ofByte: start)..<block.position(ofByte: end)
        if part.isEmpty { continue }
        if part.lowerBound / block.runByteCount == (part.upperBound - 1) / block.runByteCount {
          let target = block.place(ofByte: part.lowerBound) - start
          var row = destination.part(target..<(target + part.count))
          try cursors[position].read(at: starts[position] + part.lowerBound, into: &row)
        } else {
          try readRows(part, of: position, at: start, into: &destination)
        }
      }
    }

    /// Reads a range of a block that has several runs, and copies each to its place.
    private mutating func readRows(
      _ part: Range<Int>, of position: Int, at start: Int, into destination: inout MutableRawSpan
    ) throws(FileError) {
      var rows = exchange(&scratch, with: [])
      if rows.count < part.count { rows = [UInt8](repeating: 0, count: part.count) }
      var cursor = cursors[position]
      let origin = starts[position] + part.lowerBound
      try rows.withMutableRawBytes { bytes throws(FileError) in
        var span = bytes.part(0..<part.count)
        try cursor.read(at: origin, into: &span)
      }
      cursors[position] = cursor
      let block = blocks[position]
      var next = part.lowerBound
      while next < part.upperBound {
        let runEnd = (next / block.runByteCount + 1) * block.runByteCount
        let run = next..<min(runEnd, part.upperBound)
        let target = block.place(ofByte: run.lowerBound) - start
        var row = destination.part(target..<(target + run.count))
        let source = run.lowerBound - part.lowerBound
        row.copy(rows.rawBytes.extracting(source..<(source + run.count)))
        next = run.upperBound
      }
      scratch = rows
    }
  }
}
