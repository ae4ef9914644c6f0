internal import CKernels
internal import TransformerGraph

/// The vectorised loops of CKernels over spans; the only file of this module that calls them.
enum Elementwise {
  // The table is a constant of the C library for the whole process.
  private static let kernels = unsafe ck_elementwise_at(Int32(ck_level().rawValue)).pointee

  /// Softmax of each packed row of `count` values, in place.
  ///
  /// The first row sees its first `seen` values (all by default), each further row one more; what is not seen
  /// becomes 0. A `sink` is one more value that takes its share.
  static func softmax(
    _ x: inout MutableSpan<Float>, rows: Int, count: Int, seen: Int = .max / 2,
    sink: Float = -.infinity
  ) {
    if rows == 0 || count == 0 { return }
    precondition(rows * count <= x.count && seen >= 0, "rows beyond the buffer")
    // SAFETY: checked above.
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe kernels.softmax(x.baseAddress, rows, count, count, seen, sink)
    }
  }

  /// Applies an activation to each value, in place.
  static func activate(_ x: inout MutableSpan<Float>, _ activation: FeedForward.Activation) {
    // SAFETY: the kernel stays within the span.
    unsafe x.withUnsafeMutableBufferPointer { x in
      let (values, count) = (x.baseAddress, x.count)
      switch activation {
      case .gelu: unsafe kernels.gelu(values, count)
      case .geluTanh: unsafe kernels.gelu_tanh(values, count)
      case .silu: unsafe kernels.silu(values, count)
      case .relu: unsafe kernels.relu(values, count)
      case .reluSquared: unsafe kernels.relu_squared(values, count)
      case .tanh: unsafe kernels.tanh(values, count)
      case .sigmoid: unsafe kernels.sigmoid(values, count)
      case .identity, .solu: break
      }
    }
  }

  /// Products of rows of `w` with each row of `x`, both of `count` values: columns of `y`, `[rows, width]`.
  static func multiplyRows(
    of w: Span<Float>, byEach x: Span<Float>, count: Int, into y: inout MutableSpan<Float>,
    columns: Range<Int>, of width: Int, scale: Float
  ) {
    precondition(
      w.count == columns.count * count && x.count * width == y.count * count
        && columns.lowerBound >= 0 && columns.upperBound <= width, "the extents do not fit")
    // SAFETY: checked above.
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe w.withUnsafeBufferPointer { w in
          let first = unsafe y.baseAddress.map { unsafe $0 + columns.lowerBound }
          unsafe kernels.multiply_rows(
            w.baseAddress, columns.count, count, x.baseAddress, y.count / width, scale, first, width
          )
        }
      }
    }
  }

  /// Adds a bias to `columns` of `y`, `[rows, width]`, and applies an activation.
  static func finish(
    _ y: inout MutableSpan<Float>, columns: Range<Int>, of width: Int, bias: [Float]?,
    activation: FeedForward.Activation
  ) {
    if bias == nil && activation == .identity { return }
    for start in stride(from: 0, to: y.count, by: width) {
      var part = y.extractingMutable((start + columns.lowerBound)..<(start + columns.upperBound))
      if let bias { add(bias.span.extracting(columns), to: &part) }
      activate(&part, activation)
    }
  }

  /// `c · tanh(x / c)`, in place.
  static func softclamp(_ x: inout MutableSpan<Float>, _ limit: Float) {
    // SAFETY: the kernel stays within the span.
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe kernels.softclamp(x.baseAddress, x.count, limit)
    }
  }

  /// `x · y`, in place.
  static func multiply(_ x: inout MutableSpan<Float>, by y: Span<Float>) {
    precondition(x.count == y.count, "the two differ in length")
    // SAFETY: both have `count` floats.
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe kernels.multiply(x.baseAddress, y.baseAddress, x.count)
      }
    }
  }

  /// `x + y · factor`, in place.
  static func add(_ y: Span<Float>, times factor: Float = 1, to x: inout MutableSpan<Float>) {
    precondition(x.count == y.count, "the two differ in length")
    // SAFETY: both have `count` floats.
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe kernels.add_scaled(x.baseAddress, y.baseAddress, factor, x.count)
      }
    }
  }

  /// `x · factor`, in place.
  static func scale(_ x: inout MutableSpan<Float>, by factor: Float) {
    // SAFETY: the kernel stays within the span.
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe kernels.scale(x.baseAddress, factor, x.count)
    }
  }

  /// LayerNorm of each packed row of `count` values: then `· (gain + offset) + bias`, where they are given.
  static func layerNorm(
    _ x: inout MutableSpan<Float>, count: Int, epsilon: Float, gain: [Float]?, offset: Float,
    bias: [Float]?
  ) {
    precondition(
      count > 0 && x.count.isMultiple(of: count) && gain.map { $0.count == count } ?? true
        && bias.map { $0.count == count } ?? true, "the rows do not fit")
    // SAFETY: checked above.
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe (gain ?? []).withUnsafeBufferPointer { gains in
        unsafe (bias ?? []).withUnsafeBufferPointer { biases in
          unsafe kernels.layer_norm(
            x.baseAddress, x.count / count, count, epsilon, gain == nil ? nil : gains.baseAddress,
            offset, bias == nil ? nil : biases.baseAddress)
        }
      }
    }
  }

  /// Each row of `count` values `· factor / max(|row|, floor)`; then `· (gain + offset)`, where it is given.
  ///
  /// The gain's `count` values begin at `gainStart` of `gain`.
  static func lengthNorm(
    _ x: inout MutableSpan<Float>, offset start: Int = 0, rows: Int, count: Int, stride: Int,
    factor: Float, floor: Float, gain: [Float]? = nil, gainStart: Int = 0, gainOffset: Float = 0
  ) {
    if rows == 0 || count == 0 { return }
    precondition(
      start >= 0 && count <= stride && start + (rows - 1) * stride + count <= x.count,
      "rows beyond the buffer")
    precondition(gain.map { gainStart + count <= $0.count } ?? true, "the gain does not fit")
    // SAFETY: checked above.
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe (gain ?? []).withUnsafeBufferPointer { gains in
        let first = unsafe x.baseAddress.map { unsafe $0 + start }
        let gain = gain == nil ? nil : unsafe gains.baseAddress.map { unsafe $0 + gainStart }
        unsafe kernels.length_norm(first, rows, count, stride, factor, floor, gain, gainOffset)
      }
    }
  }

  /// Turns the pairs of features that begin at `start`.
  static func rotate(
    _ x: inout MutableSpan<Float>, at start: Int, cosines: Span<Float>, sines: Span<Float>,
    isInterleaved: Bool
  ) {
    precondition(
      start >= 0 && cosines.count == sines.count && start + 2 * cosines.count <= x.count,
      "features beyond the buffer")
    // SAFETY: checked above.
    unsafe x.withUnsafeMutableBufferPointer { x in
      let first = unsafe x.baseAddress.map { unsafe $0 + start }
      unsafe cosines.withUnsafeBufferPointer { cosines in
        unsafe sines.withUnsafeBufferPointer { sines in
          if isInterleaved {
            unsafe kernels.rotate_pairs(
              first, cosines.count, cosines.baseAddress, sines.baseAddress)
          } else {
            unsafe kernels.rotate_halves(
              first, cosines.count, cosines.baseAddress, sines.baseAddress)
          }
        }
      }
    }
  }
}
