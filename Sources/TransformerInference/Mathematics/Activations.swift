internal import TransformerGraph

/// Features of a batch of sequences, shape `[batch, length, width]`, row-major float32.
struct Activations {
  var values: [Float]
  let batch: Int
  let length: Int
  let width: Int

  /// Zeros.
  init(batch: Int, length: Int, width: Int) {
    values = [Float](repeating: 0, count: batch * length * width)
    (self.batch, self.length, self.width) = (batch, length, width)
  }

  /// Given values.
  init(_ values: [Float], batch: Int, length: Int, width: Int) {
    precondition(values.count == batch * length * width, "the values do not fill the shape")
    self.values = values
    (self.batch, self.length, self.width) = (batch, length, width)
  }

  /// Sequences times tokens.
  var rowCount: Int { batch * length }

  /// The floats of token `position` of sequence `item`.
  func range(_ item: Int, _ position: Int) -> Range<Int> {
    let start = (item * length + position) * width
    return start..<(start + width)
  }

  /// The same features with `rows` (shape `[count, width]`) in front of (or behind) each sequence.
  func joined(with rows: [Float], inFront: Bool = true) -> Activations {
    let count = rows.count / width
    var result = Activations(batch: batch, length: length + count, width: width)
    result.values.removeAll(keepingCapacity: true)
    for item in 0..<batch {
      let own = values[(item * length * width)..<((item + 1) * length * width)]
      if inFront { result.values += rows }
      result.values += own
      if !inFront { result.values += rows }
    }
    return result
  }

  /// The tokens of `positions` of each sequence.
  func cut(_ positions: Range<Int>) -> Activations {
    var kept: [Float] = []
    kept.reserveCapacity(batch * positions.count * width)
    for item in 0..<batch {
      let start = item * length * width
      kept +=
        values[(start + positions.lowerBound * width)..<(start + positions.upperBound * width)]
    }
    return Activations(kept, batch: batch, length: positions.count, width: width)
  }
}
