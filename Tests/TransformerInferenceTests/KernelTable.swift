internal import CKernels
internal import TensorStorage
internal import Testing

/// The kernels of one level, over arrays: what C gets and gives as pointers.
///
/// The values stand between other floats, so that they are not aligned and a kernel that goes too far shows.
struct KernelTable: Sendable, CustomTestStringConvertible {
  let name: String
  private let level: Int32

  /// The reference.
  static let scalar = KernelTable(name: "scalar", level: Int32(CK_SCALAR.rawValue))

  /// Those that the processor has and that are compared with the reference.
  static let vectorized = [
    KernelTable(name: "AVX2", level: Int32(CK_AVX2.rawValue)),
    KernelTable(name: "AVX-512", level: Int32(CK_AVX512.rawValue)),
  ].filter { $0.level <= Int32(ck_level().rawValue) }

  var testDescription: String { name }

  private var table: ck_elementwise { unsafe ck_elementwise_at(level).pointee }

  /// What becomes of `values`, `padding` floats behind an aligned address; nil if a neighbour has changed.
  private func applied(
    to values: [Float], padding: Int, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) -> [Float]? {
    let front = [Float](repeating: 7, count: padding)
    let back = [Float](repeating: 8, count: 17)
    var memory = front + values + back
    unsafe memory.withUnsafeMutableBufferPointer { memory in
      if let base = memory.baseAddress { unsafe body(base + padding) }
    }
    guard Array(memory.prefix(padding)) == front, Array(memory.suffix(17)) == back else {
      return nil
    }
    return Array(memory.dropFirst(padding).dropLast(17))
  }

  /// A function of each value.
  enum Function: String, CaseIterable, Sendable {
    case gelu, geluTanh, silu, sigmoid, tanh, relu, reluSquared, softclamp
  }

  func apply(_ function: Function, to values: [Float], padding: Int) -> [Float]? {
    unsafe applied(to: values, padding: padding) { x in
      switch function {
      case .gelu: unsafe table.gelu(x, values.count)
      case .geluTanh: unsafe table.gelu_tanh(x, values.count)
      case .silu: unsafe table.silu(x, values.count)
      case .sigmoid: unsafe table.sigmoid(x, values.count)
      case .tanh: unsafe table.tanh(x, values.count)
      case .relu: unsafe table.relu(x, values.count)
      case .reluSquared: unsafe table.relu_squared(x, values.count)
      case .softclamp: unsafe table.softclamp(x, values.count, 5)
      }
    }
  }

  /// Two arrays, element by element.
  enum Operation: String, CaseIterable, Sendable { case multiply, add, addScaled, scale }

  func apply(_ operation: Operation, _ x: [Float], _ y: [Float], padding: Int) -> [Float]? {
    unsafe applied(to: x, padding: padding) { x in
      unsafe y.withUnsafeBufferPointer { y in
        let (other, count) = (y.baseAddress, y.count)
        switch operation {
        case .multiply: unsafe table.multiply(x, other, count)
        case .add: unsafe table.add(x, other, count)
        case .addScaled: unsafe table.add_scaled(x, other, 0.3, count)
        case .scale: unsafe table.scale(x, 0.3, count)
        }
      }
    }
  }

  func softmax(
    _ values: [Float], rows: Int, count: Int, stride: Int, seen: Int, sink: Float, padding: Int
  ) -> [Float]? {
    unsafe applied(to: values, padding: padding) { x in
      unsafe table.softmax(x, rows, count, stride, seen, sink)
    }
  }

  func layerNorm(
    _ values: [Float], count: Int, gain: [Float]?, bias: [Float]?, padding: Int
  ) -> [Float]? {
    unsafe applied(to: values, padding: padding) { x in
      unsafe (gain ?? []).withUnsafeBufferPointer { gains in
        unsafe (bias ?? []).withUnsafeBufferPointer { biases in
          unsafe table.layer_norm(
            x, values.count / count, count, 1e-5, gain == nil ? nil : gains.baseAddress, 1,
            bias == nil ? nil : biases.baseAddress)
        }
      }
    }
  }

  func lengthNorm(
    _ values: [Float], rows: Int, count: Int, stride: Int, gain: [Float]?, padding: Int
  ) -> [Float]? {
    unsafe applied(to: values, padding: padding) { x in
      unsafe (gain ?? []).withUnsafeBufferPointer { gains in
        unsafe table.length_norm(
          x, rows, count, stride, 2, 1e-12, gain == nil ? nil : gains.baseAddress, 1)
      }
    }
  }

  func rotate(
    _ values: [Float], cosines: [Float], sines: [Float], areHalves: Bool, padding: Int
  ) -> [Float]? {
    unsafe applied(to: values, padding: padding) { x in
      unsafe cosines.withUnsafeBufferPointer { cosines in
        unsafe sines.withUnsafeBufferPointer { sines in
          let turn = unsafe areHalves ? table.rotate_halves : table.rotate_pairs
          unsafe turn?(x, cosines.count, cosines.baseAddress, sines.baseAddress)
        }
      }
    }
  }

  /// `[tokens, rows]`, each row `rows + 1` floats apart.
  func multiplyRows(_ w: [Float], _ x: [Float], count: Int, rows: Int, tokens: Int) -> [Float]? {
    let y = [Float](repeating: -1, count: tokens * (rows + 1))
    return unsafe applied(to: y, padding: 1) { y in
      unsafe w.withUnsafeBufferPointer { w in
        unsafe x.withUnsafeBufferPointer { x in
          unsafe table.multiply_rows(
            w.baseAddress, rows, count, x.baseAddress, tokens, 0.5, y, rows + 1)
        }
      }
    }
  }
}
