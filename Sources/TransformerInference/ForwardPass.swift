internal import Foundation
internal import TensorStorage
internal import TransformerGraph

/// Runs modules on activations.
///
/// Every module of the graph has its formula in one of the extensions.
struct ForwardPass {
  let weights: Weights

  /// `y = x · weightᵀ + bias`, for each token.
  func apply(_ linear: Linear, to x: Activations) throws(InferenceError) -> Activations {
    precondition(x.width == linear.inputCount, "a layer for other features")
    var y = Activations(batch: x.batch, length: x.length, width: linear.outputCount)
    if let bias = try weights.values(linear.bias) {
      y.values.removeAll(keepingCapacity: true)
      for _ in 0..<x.rowCount { y.values += bias }
    }
    try multiply(x, by: linear.weight, into: &y, beta: linear.bias == nil ? 0 : 1)
    return y
  }

  /// `y = alpha · x · weightᵀ + beta · y`, the weight taken in tiles of rows where it is not kept.
  func multiply(
    _ x: Activations, by weight: Parameter, into y: inout Activations, alpha: Float = 1,
    beta: Float = 0
  ) throws(InferenceError) {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let tileRows =
      weights.keeps(weight) ? outputs : max(1, Self.tileByteCount / (4 * max(1, inputs)))
    var start = 0
    while start < outputs {
      let rows = start..<min(start + tileRows, outputs)
      let tile =
        rows.count == outputs
        ? try weights.values(weight) as [Float] : try weights.rows(rows, of: weight)
      let place = MatrixProduct.Operand(leadingDimension: inputs)
      var target = y.values.mutableSpan
      MatrixProduct.multiply(
        x.values.span, place, tile.span, .init(leadingDimension: inputs, isTransposed: true),
        into: &target, .init(offset: start, leadingDimension: outputs), m: x.rowCount,
        n: rows.count, k: inputs, alpha: alpha, beta: beta)
      start = rows.upperBound
    }
  }

  // A matrix that does not stay in memory is read in tiles of this size: large enough for the product to
  // run at full speed, small beside the activations.
  private static let tileByteCount = 16 << 20
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
