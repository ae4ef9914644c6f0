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
    case .alibi(let slopes, let form):
      values = try Self.alibi(slopes, form, distances, heads: heads, pass: pass)
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

  /// Slopes times distances; a distance is `j − i` for a query `i` and a key `j`.
  private static func alibi(
    _ slopes: RelativePosition.Slopes, _ form: RelativePosition.AlibiForm,
    _ distances: ClosedRange<Int>, heads: Int, pass: ForwardPass
  ) throws(InferenceError) -> [Float] {
    let past: [Float]
    var future: [Float]?
    switch slopes {
    case .given(let given):
      past = given.map { Float($0) }
    case .learned(let behind, let ahead):
      past = (try pass.weights.values(behind) as [Float]).map { expf($0) }
      future = try pass.weights.values(ahead)?.map { expf($0) }
    }
    return (0..<heads).flatMap { head in
      distances.map { distance in
        guard head < past.count else { return 0 }
        let slope = distance > 0 ? (future ?? past)[head] : past[head]
        return slope * Float(form.factor(distance))
      }
    }
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
      Elementwise.activate(&span, network.activation)
    }
    x = try pass.apply(network.toHeads, to: x)
    return (0..<heads).flatMap { head in
      (0..<inputs.count).map { x.values[$0 * heads + head] }
    }
  }
}

extension RelativePosition.AlibiForm {
  /// What a slope is multiplied by at the distance `j − i`.
  fileprivate func factor(_ distance: Int) -> Int {
    switch self {
    case .negativeDistance: -abs(distance)
    case .signedDistance: distance
    case .positiveDistance: abs(distance)
    }
  }
}
