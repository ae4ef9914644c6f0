internal import Checkpoints
internal import TensorStorage

extension TransplantWork {
  /// `old` with rows of `given` in the place of those that are to be replaced.
  ///
  /// Rows that stay are copied, and so are the donor's where their dtype is the same.
  mutating func rows(
    of given: LazyTensor, _ projection: RowProjection, into old: LazyTensor, _ title: String
  ) throws(SurgeryError) -> LazyTensor {
    guard let tokens = operation.tokens else {
      return try made(projection.applied(to: given, as: old.dtype, title: title), given, old)
    }
    let pairs = tokens.pairs.sorted { $0.recipient < $1.recipient }
    // Gathered before they are mapped: a map makes tiles of neighbouring rows.
    let gathered = try made(AnchorRows.gathered(given, pairs.map(\.donor)), given, old)
    let taken = try made(
      projection.applied(to: gathered, as: old.dtype, title: title), given, old)
    if projection.map == nil, given.dtype != old.dtype { try report(taken, title) }
    var runs: [LazyTensor.RowRun] = []
    var next = 0
    for (position, pair) in pairs.enumerated() {
      runs.append(.init(old, next..<pair.recipient))
      runs.append(.init(taken, position..<(position + 1)))
      next = pair.recipient + 1
    }
    runs.append(.init(old, next..<old.shape[0]))
    return try made(LazyTensor.rows(of: runs), given, old)
  }

  private func made(
    _ tensor: LazyTensor?, _ given: LazyTensor, _ old: LazyTensor
  ) throws(SurgeryError) -> LazyTensor {
    guard let tensor else {
      throw .unsuitable(
        model: site.path, verb: Transplant.verb,
        reason:
          "rows of \(given.dtype.name) \(given.shape) cannot become rows of \(old.dtype.name) "
          + "\(old.shape)")
    }
    return tensor
  }

  /// Reads rows that are converted among others, since the writing will not tell what that did to them.
  private mutating func report(_ rows: LazyTensor, _ title: String) throws(SurgeryError) {
    var report = ConversionReport()
    do throws(FileError) {
      var reader = try TensorReader(rows)
      let width = max(1, rows.elementCount / max(1, rows.shape[0]))
      let step = max(1, (1 << 18) / width) * width
      for start in stride(from: 0, to: rows.elementCount, by: step) {
        let range = start..<min(start + step, rows.elementCount)
        var bytes = TensorBytes(byteCount: rows.dtype.byteCount(elementCount: range.count) ?? 0)
        var span = bytes.mutableBytes
        try reader.read(elements: range, into: &span)
      }
      report = reader.report
    } catch { throw .format(FormatError(error, file: donor.path)) }
    guard report.overflowCount == 0 else {
      throw .unsuitable(
        model: site.path, verb: Transplant.verb,
        reason:
          "\(report.overflowCount) values of \(title) are too large for \(rows.dtype.name); 'ligature "
          + "convert --dtype' gives the model another dtype first")
    }
    facts.append(
      "\(title): \(report.elementCount) values became \(rows.dtype.name), \(report.underflowCount) of them 0, "
        + "with a relative error of at most \(rounded(report.worstRelativeError))")
  }

  /// Keeps what a projection found and costs.
  mutating func note(_ projection: RowProjection) {
    facts += projection.facts
    if let loss = projection.loss { losses.append(loss) }
    if let score = projection.score {
      scores.append(.init("held-out-cosine", score.meanCosine))
    }
    if let map = projection.map {
      let count = (map.matrix.values.count + (map.offset?.count ?? 0)) * 8
      if count >= 1_000_000 {
        facts.append("the map takes \(count / 1_000_000) MB while it is applied")
      }
    }
  }
}
