#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

extension ForwardPass {
  /// Rows of a table for `tokens`, `[b, n, e]`; only those rows are read.
  func rows(
    _ tokens: ModelInput.Tokens, of table: Parameter, name: String
  ) throws(InferenceError) -> Activations {
    let (count, width) = (table.shape[0], table.shape[1])
    var result = Activations(batch: tokens.batch, length: tokens.length, width: width)
    var rows: [Int: [Float]] = [:]
    for (index, id) in tokens.ids.enumerated() {
      guard (0..<count).contains(id) else {
        throw .tokenOutOfRange(
          input: name, id: id, position: [index / tokens.length, index % tokens.length],
          tokenCount: count)
      }
      let known = rows[id]
      let row = known == nil ? try weights.rows(id..<(id + 1), of: table) : known ?? []
      rows[id] = row
      result.values.replaceSubrange((index * width)..<((index + 1) * width), with: row)
    }
    return result
  }

  /// The embeddings of `tokens`.
  func apply(
    _ embedding: TokenEmbedding, to tokens: ModelInput.Tokens, name: String
  ) throws(InferenceError) -> Activations {
    var x = try rows(tokens, of: embedding.weight, name: name)
    if embedding.normalizesRows { normalizeLengths(&x) }
    return x
  }

  /// Adds absolute positions, from `offset` on.
  func add(
    _ position: PositionalEmbedding, to x: inout Activations, offset: Int
  ) throws(InferenceError) {
    let positions = try positions(position, count: x.length, width: x.width, offset: offset)
    let (size, batch) = (x.length * x.width, x.batch)
    var span = x.values.mutableSpan
    for item in 0..<batch {
      var part = span.extractingMutable((item * size)..<((item + 1) * size))
      Elementwise.add(positions.values.span, to: &part)
    }
  }

  private func positions(
    _ position: PositionalEmbedding, count: Int, width: Int, offset: Int
  ) throws(InferenceError) -> Activations {
    switch position {
    case .absolute(let table, let scale, let normalizesRows):
      guard count + offset <= table.shape[0] else {
        throw .sequenceTooLong(length: count + offset, maximum: table.shape[0])
      }
      var rows = Activations(
        try weights.rows(offset..<(offset + count), of: table), batch: 1, length: count,
        width: width)
      if normalizesRows { normalizeLengths(&rows) }
      var span = rows.values.mutableSpan
      Elementwise.scale(&span, by: Float(scale))
      return rows
    case .scaledSinusoidal(let scale):
      let factor = try weights.values(scale)?.first ?? 1
      let half = width / 2
      let frequencies = (0..<half).map { powf(10000, -(Float($0) / Float(half))) }
      return Self.sinusoids(
        frequencies, count: count, width: width, offset: offset, factor: factor)
    }
  }

  /// `concat(sin(n·w), cos(n·w)) · factor` of the frequencies `w`.
  static func sinusoids(
    _ frequencies: [Float], count: Int, width: Int, offset: Int = 0, factor: Float = 1
  ) -> Activations {
    let half = width / 2
    var result = Activations(batch: 1, length: count, width: width)
    for position in 0..<count {
      for (pair, frequency) in frequencies.enumerated() {
        let angle = Float(position + offset) * frequency
        result.values[position * width + pair] = sinf(angle) * factor
        result.values[position * width + half + pair] = cosf(angle) * factor
      }
    }
    return result
  }
}
