#if canImport(Glibc)
internal import Glibc
#endif
internal import TransformerGraph

/// Biases on the logits that depend on what is attended from, `[b, H, i, j]`, memory keys left out.
struct AttentionDataBias {
  private(set) var values: [Float]
  let heads: Int
  let queryCount: Int
  let keyCount: Int

  /// The biases of a block; nil where it has none.
  init?(
    _ block: Attention, _ inputs: AttentionInputs, pass: ForwardPass
  ) throws(InferenceError) {
    guard block.bias.forgetGates != nil || block.bias.projection != nil else { return nil }
    heads = block.heads.count
    queryCount = inputs.query.length
    keyCount = inputs.key.length
    values = [Float](
      repeating: 0, count: inputs.query.batch * heads * queryCount * keyCount)
    if let gates = block.bias.forgetGates {
      let projected = try pass.apply(gates.toGates, to: inputs.query)
      if let width = gates.rowDimension {
        addRowGates(projected, width: width, scale: Float(gates.scale))
      } else {
        addGates(projected, gates)
      }
    }
    if let projection = block.bias.projection {
      try addCurves(projection, inputs.query, pass)
    }
  }

  /// Adds the biases to the logits of a part.
  func add(_ part: AttentionPart, front: Int, to logits: inout [Float]) {
    part.eachRow { head, query, row in
      let from = start(part.item, head, query)
      for (key, index) in row.dropFirst(front).enumerated() { logits[index] += values[from + key] }
    }
  }

  private func start(_ item: Int, _ head: Int, _ query: Int) -> Int {
    ((item * heads + head) * queryCount + query) * keyCount
  }

  private static func logSigmoid(_ x: Float) -> Float { min(x, 0) - log1pf(expf(-abs(x))) }

  /// The sum of the gates between key and query.
  private mutating func addGates(_ gates: Activations, _ module: DataDependentAlibi) {
    let scale = Float(module.scale)
    for item in 0..<gates.batch {
      for head in 0..<heads {
        func sums(_ column: Int) -> [Float] {
          var sum: Float = 0
          return (0..<gates.length).map { position in
            sum +=
              Self.logSigmoid(gates.values[gates.range(item, position).lowerBound + column])
              * scale
            return sum
          }
        }
        let before = sums(head)
        let after = module.isBidirectional ? sums(heads + head) : []
        for query in 0..<queryCount {
          let row = start(item, head, query)
          for key in 0..<min(keyCount, before.count) {
            if module.isBidirectional, key > query {
              values[row + key] += after[key] - after[query]
            } else {
              values[row + key] += before[query] - before[key]
            }
          }
        }
      }
    }
  }

  /// The sum of the gates behind the key, each of a query and a key of its own.
  private mutating func addRowGates(_ gates: Activations, width: Int, scale: Float) {
    let root = 1 / Float(width).squareRoot()
    for item in 0..<gates.batch {
      for head in 0..<heads {
        for query in 0..<queryCount {
          let from = gates.range(item, query).lowerBound + head * width
          let row = start(item, head, query)
          var sum: Float = 0
          for key in (0..<query).reversed() {
            let to = gates.range(item, key).lowerBound + (heads + head) * width
            let product = (0..<width).reduce(Float(0)) {
              $0 + gates.values[from + $1] * gates.values[to + $1]
            }
            sum += Self.logSigmoid(product * root) * scale
            values[row + key] += sum
          }
        }
      }
    }
  }

  /// Curves over distances, `weights(query) · bank`.
  private mutating func addCurves(
    _ module: RelativeProjectionBias, _ x: Activations, _ pass: ForwardPass
  ) throws(InferenceError) {
    let weights = try pass.apply(module.toWeights, to: x)
    let bank: [Float] = try pass.weights.values(module.distanceBank)
    let (basis, reach) = (module.distanceBank.shape[0], module.distanceBank.shape[1])
    for item in 0..<x.batch {
      for head in 0..<heads {
        for query in 0..<queryCount {
          let from = weights.range(item, query).lowerBound + head * basis
          let row = start(item, head, query)
          let position = query + keyCount - queryCount
          for key in 0..<keyCount where (0..<reach).contains(position - key) {
            values[row + key] += (0..<basis).reduce(Float(0)) {
              $0 + weights.values[from + $1] * bank[$1 * reach + position - key]
            }
          }
        }
      }
    }
  }
}
