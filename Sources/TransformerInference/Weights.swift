internal import Checkpoints
internal import Synchronization
internal import TensorStorage
internal import TransformerGraph

/// Reads parameters as float32 when a pass needs them, and keeps as many as its budget allows.
final class Weights: Sendable {
  private struct Kept {
    var values: [ObjectIdentifier: [Float]] = [:]
    var byteCount = 0
  }

  private let kept = Mutex(Kept())
  private let byteBudget: Int

  /// Weights of which at most `byteBudget` bytes stay in memory between uses.
  init(byteBudget: Int) { self.byteBudget = byteBudget }

  /// All values of a parameter.
  func values(_ parameter: Parameter) throws(InferenceError) -> [Float] {
    let key = ObjectIdentifier(parameter)
    if let values = kept.withLock({ $0.values[key] }) { return values }
    let values = try read(parameter, nil)
    kept.withLock { kept in
      let byteCount = values.count * 4
      guard kept.byteCount + byteCount <= byteBudget else { return }
      if kept.values.updateValue(values, forKey: key) == nil { kept.byteCount += byteCount }
    }
    return values
  }

  /// The same, or nil where there is no parameter.
  func values(_ parameter: Parameter?) throws(InferenceError) -> [Float]? {
    guard let parameter else { return nil }
    return try values(parameter) as [Float]
  }

  /// Rows of a matrix: values `rows · columns` of it.
  func rows(_ rows: Range<Int>, of parameter: Parameter) throws(InferenceError) -> [Float] {
    let columns = parameter.shape.dropFirst().reduce(1, *)
    let range = (rows.lowerBound * columns)..<(rows.upperBound * columns)
    if let values = kept.withLock({ $0.values[ObjectIdentifier(parameter)] }) {
      return Array(values[range])
    }
    return try read(parameter, range)
  }

  /// Whether the parameter would stay in memory, or is there already.
  func keeps(_ parameter: Parameter) -> Bool {
    kept.withLock { kept in
      kept.values[ObjectIdentifier(parameter)] != nil
        || kept.byteCount + parameter.elementCount * 4 <= byteBudget
    }
  }

  private func read(
    _ parameter: Parameter, _ range: Range<Int>?
  ) throws(InferenceError) -> [Float] {
    guard parameter.tensor.cast(to: .f32) != nil else {
      throw .unbound(
        path: "a weight", reason: "has the dtype \(parameter.tensor.dtype.name), which is no number"
      )
    }
    do {
      return try parameter.tensor.floats(range)
    } catch {
      throw .format(FormatError(file: "weights", .file(error)))
    }
  }
}
