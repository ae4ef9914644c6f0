extension LazyTensor {
  /// Neighbouring rows of a tensor: the part of it with those indices along the first dimension.
  public struct RowRun: Sendable {
    /// The tensor that has the rows.
    public var tensor: LazyTensor
    /// Their indices.
    public var rows: Range<Int>

    /// The rows `rows` of `tensor`.
    public init(_ tensor: LazyTensor, _ rows: Range<Int>) {
      self.tensor = tensor
      self.rows = rows
    }
  }

  /// A tensor whose rows are those of `runs`, one after the other.
  ///
  /// Nothing is read until it is; then rows are copied, not decoded.
  ///
  /// - Returns: nil for no run at all, rows out of range, tensors that differ in dtype or in the shape of
  ///   a row, rows that do not begin and end on a byte, or a size that overflows.
  public static func rows(of runs: [RowRun]) -> LazyTensor? {
    guard let first = runs.first?.tensor, let source = RowsOfTensors(runs) else { return nil }
    return LazyTensor(
      dtype: first.dtype, shape: [source.rowCount] + first.shape.dropFirst(),
      storage: Storage(source))
  }
}

/// Rows of tensors as bytes.
private struct RowsOfTensors: ByteSource {
  let rowCount: Int
  let byteCount: Int

  private let tensors: [LazyTensor]
  private let runs: [Run]
  private let rowByteCount: Int

  /// Rows of one of the tensors, and where they stand in the whole.
  struct Run {
    var tensor: Int
    var firstRow: Int
    var start: Int
    var end: Int
  }

  init?(_ given: [LazyTensor.RowRun]) {
    guard let first = given.first?.tensor, !first.shape.isEmpty else { return nil }
    let rowShape = first.shape.dropFirst()
    guard let elementCount = Layout.elementCount(of: Array(rowShape)),
      (elementCount * first.dtype.bitCount).isMultiple(of: 8),
      let rowByteCount = first.dtype.byteCount(elementCount: elementCount)
    else { return nil }
    var tensors: [LazyTensor] = []
    var runs: [Run] = []
    var count = 0
    for run in given {
      let tensor = run.tensor
      guard tensor.dtype == first.dtype, tensor.shape.dropFirst() == rowShape,
        run.rows.lowerBound >= 0, run.rows.upperBound <= tensor.shape.first ?? 0
      else { return nil }
      // Rows are mostly taken from two or three tensors, in turns.
      let position = tensors.lastIndex { $0.isSameView(as: tensor) } ?? tensors.count
      if position == tensors.count { tensors.append(tensor) }
      let (end, overflow) = count.addingReportingOverflow(run.rows.count)
      if overflow { return nil }
      if var last = runs.last, last.tensor == position,
        last.firstRow + (last.end - last.start) == run.rows.lowerBound
      {
        last.end = end
        runs[runs.count - 1] = last
      } else if !run.rows.isEmpty {
        runs.append(Run(tensor: position, firstRow: run.rows.lowerBound, start: count, end: end))
      }
      count = end
    }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: rowByteCount)
    if overflow { return nil }
    self.tensors = tensors
    self.runs = runs
    self.rowByteCount = rowByteCount
    self.byteCount = byteCount
    rowCount = count
  }

  var isRandomAccess: Bool { tensors.allSatisfy(\.isRandomAccess) }
  var fileRange: FileRange? { nil }
  var derivation: Derivation? { .rows }

  func makeCursor() throws(FileError) -> any ByteCursor {
    Cursor(runs: runs, rowByteCount: rowByteCount, sources: tensors.map(PackedBytes.init))
  }

  private struct Cursor: ByteCursor {
    let runs: [Run]
    let rowByteCount: Int
    let sources: [PackedBytes]

    mutating func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
      var done = 0
      var position = firstRun(endingAfter: offset)
      while done < destination.byteCount {
        let run = runs[position]
        let place = offset + done
        let count = min(destination.byteCount - done, run.end * rowByteCount - place)
        var target = destination.part(done..<(done + count))
        let start = run.firstRow * rowByteCount + place - run.start * rowByteCount
        try sources[run.tensor].read(at: start, into: &target)
        done += count
        position += 1
      }
    }

    /// The runs are in order, so the one that holds a byte is found by halving.
    private func firstRun(endingAfter offset: Int) -> Int {
      var low = 0
      var high = runs.count
      while low < high {
        let middle = (low + high) / 2
        if runs[middle].end * rowByteCount <= offset { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }
}
