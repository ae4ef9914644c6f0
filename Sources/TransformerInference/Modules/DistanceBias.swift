#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

/// A bias on attention logits that depends on `key position − query position` only.
///
/// `values[head · (2 · reach − 1) + distance + reach − 1]` for distances of `−reach < distance < reach`.
struct DistanceBias {
  let values: [Float]
  let reach: Int

  /// The biases of a query at `position` for the keys from 0 on, as positions in `values`.
  func start(head: Int, queryPosition: Int) -> Int {
    head * (2 * reach - 1) + reach - 1 - queryPosition
  }

  /// Computes the biases of `heads` heads for sequences of up to `reach` positions.
  init(
    _ position: RelativePosition, heads: Int, reach: Int, pass: ForwardPass
  ) throws(InferenceError) {
    self.reach = reach
    let distances = (1 - reach)...(reach - 1)
    switch position {
    case .alibi(let count, let given, let learned):
      let slopes =
        try pass.weights.values(learned) ?? given?.map { Float($0) } ?? Self.slopes(count)
      values = (0..<heads).flatMap { head in
        distances.map { head < slopes.count ? -Float(abs($0)) * slopes[head] : 0 }
      }
    case .buckets(let table, let scale, let maxDistance, let isCausal):
      let rows: [Float] = try pass.weights.values(table)
      let buckets = distances.map { distance in
        Self.bucket(
          distance, count: table.shape[0], maxDistance: maxDistance, isCausal: isCausal)
      }
      values = (0..<heads).flatMap { head in
        buckets.map { rows[$0 * heads + head] * Float(scale) }
      }
    case .dynamic(let network):
      values = try Self.dynamic(network, distances, heads: heads, pass: pass)
    }
  }

  /// ALiBi's slopes (arXiv 2108.12409) as x-transformers computes them.
  static func slopes(_ count: Int) -> [Float] {
    guard count > 0 else { return [] }
    func powers(_ count: Int) -> [Double] {
      let start = pow(2, -pow(2, -(log2(Double(count)) - 3)))
      return (0..<count).map { start * pow(start, Double($0)) }
    }
    let floor = 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
    if floor == count { return powers(count).map { Float($0) } }
    let more = powers(2 * floor).enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
    return (powers(floor) + more.prefix(count - floor)).map { Float($0) }
  }

  /// T5's bucket of a distance; the logarithm in float32, as there, so that no boundary moves.
  static func bucket(_ distance: Int, count: Int, maxDistance: Int, isCausal: Bool) -> Int {
    var buckets = count
    var base = 0
    var n = -distance
    if isCausal {
      n = max(n, 0)
    } else {
      buckets /= 2
      if n < 0 { base = buckets }
      n = abs(n)
    }
    let exact = buckets / 2
    if n < exact { return base + n }
    let ratio = logf(Float(n) / Float(exact)) / Float(log(Double(maxDistance) / Double(exact)))
    let large = exact + Int(ratio * Float(buckets - exact))
    return base + min(large, buckets - 1)
  }

  private static func dynamic(
    _ network: DynamicPositionBias, _ distances: ClosedRange<Int>, heads: Int, pass: ForwardPass
  ) throws(InferenceError) -> [Float] {
    // The network's input is query − key.
    let inputs = distances.map { distance -> Float in
      let n = Float(-distance)
      guard network.usesLogDistance else { return n }
      return (n < 0 ? -1 : n > 0 ? 1 : 0) * logf(abs(n) + 1)
    }
    var x = Activations(inputs, batch: 1, length: inputs.count, width: 1)
    for layer in network.layers {
      x = try pass.apply(layer.linear, to: x)
      if let norm = layer.norm { try pass.apply(norm, to: &x, condition: nil) }
      var span = x.values.mutableSpan
      Elementwise.activate(&span, .silu)
    }
    x = try pass.apply(network.toHeads, to: x)
    return (0..<heads).flatMap { head in
      (0..<inputs.count).map { x.values[$0 * heads + head] }
    }
  }
}
