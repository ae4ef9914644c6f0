internal import TensorStorage

/// Reads the elements of a slice in row-major order.
///
/// Elements that lie together in the tensor are read together; where they lie near each other, as every
/// second of a row does, what is between them is read too and left out.
struct SliceReader: ~Copyable {
  /// Runs that are further apart are read one by one: a system call costs about as much as a page.
  private static let nearByteCount = 4096

  private let dtype: DType
  private let elementByteCount: Int
  private var rows: SliceRows
  private var reader: TensorReader
  private var window: TensorBytes
  private var tile: TensorBytes
  private var tileByteCount = 0

  /// What casting did to the elements so far.
  var report: ConversionReport { reader.report }

  /// A reader of the elements of `tensor` that `geometry` takes; about `byteCount` bytes are held.
  ///
  /// - Precondition: An element of `tensor` has whole bytes.
  init(_ tensor: LazyTensor, _ geometry: SliceGeometry, byteCount: Int) throws(FileError) {
    precondition(!tensor.dtype.isSubByte, "elements of less than a byte cannot be cut out")
    dtype = tensor.dtype
    elementByteCount = tensor.dtype.bitCount / 8
    rows = SliceRows(of: geometry)
    reader = try TensorReader(tensor)
    // A multiple of every element's size, and room for the longest run of those that are near.
    let half = max(Self.nearByteCount, byteCount / 2 & ~15)
    window = TensorBytes(byteCount: min(half, tensor.byteCount))
    tile = TensorBytes(byteCount: half)
  }

  /// Calls `body` with tiles of packed elements, in order.
  mutating func forEachTile(_ body: (RawSpan) throws(FileError) -> Void) throws(FileError) {
    let farthest = UInt(Self.nearByteCount / elementByteCount)
    let isNear = rows.runCount > 1 && rows.distance.magnitude <= farthest
    while let start = rows.next() {
      if isNear { try readNearRuns(start, body) } else { try readRuns(start, body) }
    }
    try flush(body)
  }

  /// Reads the runs of a row one by one.
  private mutating func readRuns(
    _ start: Int, _ body: (RawSpan) throws(FileError) -> Void
  ) throws(FileError) {
    for run in 0..<rows.runCount {
      var position = start + run * rows.distance
      let end = position + rows.runElementCount
      while position < end {
        let room = (tile.byteCount - tileByteCount) / elementByteCount
        let count = min(room, end - position)
        tileByteCount += try tile.fill(
          at: tileByteCount, from: &reader, elements: position..<(position + count), of: dtype)
        position += count
        if tileByteCount == tile.byteCount { try flush(body) }
      }
    }
  }

  /// Reads the runs of a row with what is between them, as many at a time as the window holds.
  private mutating func readNearRuns(
    _ start: Int, _ body: (RawSpan) throws(FileError) -> Void
  ) throws(FileError) {
    let reach = Int(rows.distance.magnitude)
    let runByteCount = rows.runElementCount * elementByteCount
    let fitting = min(window.byteCount / (reach * elementByteCount), tile.byteCount / runByteCount)
    var done = 0
    while done < rows.runCount {
      let count = min(max(1, fitting), rows.runCount - done)
      if count * runByteCount > tile.byteCount - tileByteCount { try flush(body) }
      try gather(start + done * rows.distance, runCount: count)
      done += count
    }
  }

  /// Appends `runCount` runs to the tile, the first of which begins at `start`.
  private mutating func gather(_ start: Int, runCount: Int) throws(FileError) {
    let reach = Int(rows.distance.magnitude)
    let low = rows.distance > 0 ? start : start - (runCount - 1) * reach
    let count = (runCount - 1) * reach + rows.runElementCount
    _ = try window.fill(from: &reader, elements: low..<(low + count), of: dtype)
    if rows.distance > 0 { return copy(from: 0, runCount: runCount, reach: reach) }
    for run in (0..<runCount).reversed() { copy(from: run * reach, runCount: 1, reach: reach) }
  }

  /// Appends runs of the window to the tile, from element `first` of the window on.
  private mutating func copy(from first: Int, runCount: Int, reach: Int) {
    tileByteCount += tile.gather(
      at: tileByteCount, from: window, at: first * elementByteCount,
      elementByteCount: elementByteCount, runs: (runCount, rows.runElementCount), reach: reach)
  }

  private mutating func flush(_ body: (RawSpan) throws(FileError) -> Void) throws(FileError) {
    let count = tileByteCount
    tileByteCount = 0
    if count > 0 { try body(tile.bytes.extracting(0..<count)) }
  }
}

extension TensorBytes {
  /// Copies runs of elements, `reach` elements apart, from another buffer; answers how many bytes they are.
  fileprivate mutating func gather(
    at offset: Int, from source: borrowing TensorBytes, at sourceOffset: Int,
    elementByteCount: Int, runs: (count: Int, elementCount: Int), reach: Int
  ) -> Int {
    let elementCount = runs.count * runs.elementCount
    let byteCount = elementCount * elementByteCount
    var target = mutableBytes(offset..<(offset + byteCount))
    StridedCopy.gather(
      from: source.bytes.extracting(sourceOffset...), elementByteCount: elementByteCount,
      shape: [runs.count, runs.elementCount], strides: [reach, 1], elements: 0..<elementCount,
      into: &target)
    return byteCount
  }
}
