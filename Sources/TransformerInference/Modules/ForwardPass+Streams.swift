internal import TransformerGraph

// Several residual streams, `[b · s, n, d]` with the streams of a sequence behind each other.

extension ForwardPass {
  /// A copy of `x` for each stream, with the stream's embedding added.
  func widened(_ x: Activations, _ embedding: Parameter?) throws(InferenceError) -> Activations {
    guard let embedding else { return x }
    let rows: [Float] = try weights.values(embedding)
    let streams = embedding.shape[0]
    var result = Activations(batch: x.batch * streams, length: x.length, width: x.width)
    let size = x.length * x.width
    for index in result.values.indices {
      let (item, place) = (index / size, index % size)
      result.values[index] =
        x.values[item / streams * size + place]
        + rows[item % streams * x.width + place % x.width]
    }
    return result
  }

  /// Hyper-connections: the block's inputs are mixtures of each token's streams, and each stream their sum.
  func branch(_ module: HyperConnection, _ x: Activations) throws(InferenceError) -> Branch {
    let (streams, views) = (module.streamCount, module.viewCount)
    var normed = x
    try apply(module.norm, to: &normed, condition: nil)
    let factors = try inputFactors(module, normed)
    let total = x.summed(streams: streams)
    let inputs = (0..<views).map { view in
      var input = Activations(batch: total.batch, length: x.length, width: x.width)
      for row in 0..<x.rowCount {
        let token = row / x.length / streams * x.length + row % x.length
        let factor = factors[row * views + view]
        for column in 0..<x.width {
          input.values[token * x.width + column] += factor * x.values[row * x.width + column]
        }
      }
      return input
    }
    return Branch(
      views: inputs, rest: total.repeated(streams: streams), shares: try shares(module, normed))
  }

  /// For each row of the streams, its factor in each view.
  private func inputFactors(
    _ module: HyperConnection, _ normed: Activations
  ) throws(InferenceError) -> [Float] {
    let (streams, views) = (module.streamCount, module.viewCount)
    let columns = streams + views
    let dynamic: [Float] = try weights.values(module.dynamicAlpha)
    let scale = try (weights.values(module.dynamicAlphaScale) as [Float]).first ?? 0
    let fixed: [Float] = try weights.values(module.staticAlpha)
    return (0..<(normed.rowCount * views)).map { index in
      let (row, view) = (index / views, index % views)
      let product = (0..<normed.width).reduce(Float(0)) {
        $0 + normed.values[row * normed.width + $1] * dynamic[$1 * columns + view]
      }
      let stream = row / normed.length % streams
      return Self.logistic(product * scale + fixed[stream * columns + view])
    }
  }

  /// How much of the block's output each stream gets, `[b, n, s]`.
  private func shares(
    _ module: HyperConnection, _ normed: Activations
  ) throws(InferenceError) -> Activations {
    let streams = module.streamCount
    let dynamic: [Float] = try weights.values(module.dynamicBeta)
    let scale = try (weights.values(module.dynamicBetaScale) as [Float]).first ?? 0
    let fixed: [Float] = try weights.values(module.staticBeta)
    var result = Activations(
      batch: normed.batch / streams, length: normed.length, width: streams)
    for index in result.values.indices {
      let (token, stream) = (index / streams, index % streams)
      let item = token / normed.length * streams + stream
      let from = normed.range(item, token % normed.length).lowerBound
      let product = (0..<normed.width).reduce(Float(0)) {
        $0 + normed.values[from + $1] * dynamic[$1]
      }
      result.values[index] =
        Self.logistic(Self.logistic(product) * 2 * scale + fixed[stream]) * 2
    }
    return result
  }

  /// Gated streams: the block's input is their sum through a gate for each feature.
  func branch(_ module: GatedMultiResidual, _ x: Activations) throws(InferenceError) -> Branch {
    let (streams, views) = (module.streamCount, module.viewCount)
    var normed = x
    normed.divideByRootMeanSquares(epsilon: .ulpOfOne, gain: nil)
    let gain: [Float] = try weights.values(module.readGain)
    let size = x.length * x.width
    for index in normed.values.indices {
      normed.values[index] *= gain[index / size % streams * x.width + index % x.width]
    }
    let flat = normed.besideEachOther(streams: streams)
    var scaled = flat
    for index in scaled.values.indices { scaled.values[index] /= Float(streams) }
    var dynamic = try apply(module.toBottleneck, to: scaled)
    let factor = try (weights.values(module.dynamicScale) as [Float]).first ?? 0
    for index in dynamic.values.indices {
      let value = dynamic.values[index]
      dynamic.values[index] = value * Self.logistic(value) * factor
    }
    let read = try gates(module.toReadGate, dynamic, plus: module.staticRead)
    var shares = try gates(module.toWriteGate, dynamic, plus: module.staticWrite)
    for index in shares.values.indices { shares.values[index] *= 2 }
    let inputs = (0..<views).map { view in
      flat.gatedSum(read, view: view, streams: streams, width: x.width)
    }
    return Branch(views: inputs, rest: x, shares: shares)
  }

  private func gates(
    _ linear: Linear, _ x: Activations, plus fixed: Parameter
  ) throws(InferenceError) -> Activations {
    var result = try apply(linear, to: x)
    let offsets: [Float] = try weights.values(fixed)
    for index in result.values.indices {
      result.values[index] = Self.logistic(result.values[index] + offsets[index % offsets.count])
    }
    return result
  }
}

extension Activations {
  /// The sum of the streams of each sequence.
  func summed(streams: Int) -> Activations {
    var result = Activations(batch: batch / streams, length: length, width: width)
    let size = length * width
    for index in values.indices {
      result.values[index / size / streams * size + index % size] += values[index]
    }
    return result
  }

  /// Each sequence as often as there are streams.
  func repeated(streams: Int) -> Activations {
    let size = length * width
    let all = (0..<(batch * streams)).flatMap { item in
      values[(item / streams * size)..<((item / streams + 1) * size)]
    }
    return Activations(all, batch: batch * streams, length: length, width: width)
  }

  /// Streams (these) with a block's output added, to each as much as its share says.
  func adding(_ output: Activations, shares: Activations?) -> Activations {
    guard let shares else { return sum(with: output) }
    var result = self
    let streams = shares.width
    for row in 0..<rowCount {
      let (item, position) = (row / length, row % length)
      let token = item / streams * length + position
      let share = shares.values[token * streams + item % streams]
      for column in 0..<width {
        result.values[row * width + column] += share * output.values[token * width + column]
      }
    }
    return result
  }

  /// The streams of each token as its features.
  fileprivate func besideEachOther(streams: Int) -> Activations {
    var result = Activations(batch: batch / streams, length: length, width: width * streams)
    for row in 0..<rowCount {
      let (item, position) = (row / length, row % length)
      let to =
        (item / streams * length + position) * streams * width + item % streams * width
      for column in 0..<width { result.values[to + column] = values[row * width + column] }
    }
    return result
  }

  /// The mean over streams of their gated features; these are `[b, n, s · d]`, gates `[b, n, v · s · d]`.
  fileprivate func gatedSum(
    _ gates: Activations, view: Int, streams: Int, width: Int
  ) -> Activations {
    var result = Activations(batch: batch, length: length, width: width)
    for row in 0..<rowCount {
      for place in 0..<(streams * width) {
        result.values[row * width + place % width] +=
          values[row * self.width + place]
          * gates.values[row * gates.width + view * streams * width + place]
      }
      for column in 0..<width { result.values[row * width + column] /= Float(streams) }
    }
    return result
  }
}
