#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage
internal import TransformerGraph

/// Runs modules on activations.
///
/// Every module of the graph has its formula in one of the extensions.
struct ForwardPass {
  let weights: Weights
  let team: Team

  /// `y = activation(x · weightᵀ + bias)`, for each token.
  func apply(
    _ linear: Linear, to x: Activations, activation: FeedForward.Activation = .identity
  ) throws(InferenceError) -> Activations {
    try product(x, linear.weight, bias: linear.bias, activation: activation)
  }

  /// `y = activation(scale · x · weightᵀ + bias)`.
  ///
  /// The threads share out the weight's rows, which are y's columns. Where the weight is not in memory each
  /// thread reads (and converts) a few rows, multiplies, and goes on to others: reading, converting and
  /// computing overlap, and what is read is still in the cache when it is used.
  func product(
    _ x: Activations, _ weight: Parameter, bias: Parameter? = nil, scale: Float = 1,
    activation: FeedForward.Activation = .identity
  ) throws(InferenceError) -> Activations {
    precondition(x.width == weight.shape[1], "a layer for other features")
    let outputs = weight.shape[0]
    let bias = try weights.values(bias)
    let matrix = try weights.matrix(weight)
    let parts = WeightParts(
      rowCount: outputs, columnCount: x.width, tokenCount: x.rowCount)
    let values = try [Float](count: x.rowCount * outputs) { y throws(InferenceError) in
      try team.run(parts.count) { part, scratch throws(InferenceError) in
        let rows = parts[part]
        try matrix.withRows(rows, scratch: &scratch.weights) { tile in
          y.withValues { y in
            MatrixProduct.multiply(
              x.values.span, byRowsOf: tile, into: &y, columns: rows, of: outputs, scale: scale)
            Elementwise.finish(
              &y, columns: rows, of: outputs, bias: bias, activation: activation)
          }
        }
      }
    }
    return Activations(values, batch: x.batch, length: x.length, width: outputs)
  }
}

extension ForwardPass {
  /// Normalises each token's features; `condition` is for the adaptive norms.
  func apply(
    _ norm: Norm, to x: inout Activations, condition: Activations?
  ) throws(InferenceError) {
    let width = x.width
    let rows = x.rowCount
    let gain = try weights.values(norm.gain)
    let offset = Float(norm.gainOffset)
    let bias = try weights.values(norm.bias)
    let root = Float(width).squareRoot()
    var span = x.values.mutableSpan
    switch norm.kind {
    case .layerNorm:
      Elementwise.layerNorm(
        &span, count: width, epsilon: 1e-5, gain: gain, offset: offset, bias: bias)
    case .rmsNorm, .simpleRMSNorm:
      Elementwise.lengthNorm(
        &span, rows: rows, count: width, stride: width, factor: root, floor: 1e-12, gain: gain,
        gainOffset: offset)
    case .scaleNorm:
      let single = (gain?.first ?? 1) + offset
      Elementwise.lengthNorm(
        &span, rows: rows, count: width, stride: width,
        factor: norm.hasDimensionScale ? root * single : single,
        floor: norm.hasDimensionScale ? 1e-12 : 1e-5)
    case .dynamicTanh:
      let scale = try weights.values(norm.innerScale)?.first ?? 0
      Elementwise.scale(&span, by: scale + Float(norm.innerScaleOffset))
      Elementwise.activate(&span, .tanh)
      applyGain(gain, offset, bias, to: &x)
    case .derf:
      let scale = (try weights.values(norm.innerScale)?.first ?? 0) + Float(norm.innerScaleOffset)
      let shift = try weights.values(norm.innerShift)?.first ?? 0
      for index in x.values.indices { x.values[index] = erf(x.values[index] * scale + shift) }
      applyGain(gain, offset, bias, to: &x)
    case .torchRMSNorm:
      x.divideByRootMeanSquares(epsilon: .ulpOfOne, gain: gain)
    case .adaptiveLayerNorm, .adaptiveRMSNorm:
      if norm.kind == .adaptiveLayerNorm {
        Elementwise.layerNorm(
          &span, count: width, epsilon: 1e-5, gain: nil, offset: 0, bias: nil)
      } else {
        Elementwise.lengthNorm(
          &span, rows: rows, count: width, stride: width, factor: root, floor: 1e-12)
      }
      if let toGain = norm.toGain, let condition {
        x.multiply(by: try apply(toGain, to: condition), plus: 1)
      }
    }
  }

  private func applyGain(
    _ gain: [Float]?, _ offset: Float, _ bias: [Float]?, to x: inout Activations
  ) {
    for row in 0..<x.rowCount {
      for column in 0..<x.width {
        let position = row * x.width + column
        x.values[position] =
          x.values[position] * ((gain?[column] ?? 1) + offset) + (bias?[column] ?? 0)
      }
    }
  }

  /// Divides each row by its length, as `F.normalize` does.
  func normalizeLengths(_ x: inout Activations) {
    let (rows, width) = (x.rowCount, x.width)
    var span = x.values.mutableSpan
    Elementwise.lengthNorm(
      &span, rows: rows, count: width, stride: width, factor: 1, floor: 1e-12)
  }
}

extension Activations {
  /// `torch.nn.RMSNorm`, in place.
  mutating func divideByRootMeanSquares(epsilon: Float, gain: [Float]?) {
    for row in 0..<rowCount {
      let range = (row * width)..<((row + 1) * width)
      let mean = values[range].reduce(0) { $0 + $1 * $1 } / Float(width)
      let factor = 1 / (mean + epsilon).squareRoot()
      for (column, index) in range.enumerated() { values[index] *= factor * (gain?[column] ?? 1) }
    }
  }

  /// Multiplies by `gains + offset`; gains of one position hold for all of its sequence.
  mutating func multiply(by gains: Activations, plus offset: Float) {
    for row in 0..<rowCount {
      let source = gains.length == 1 ? row / length : row
      for column in 0..<width {
        values[row * width + column] *= gains.values[source * width + column] + offset
      }
    }
  }
}
