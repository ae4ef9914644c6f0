internal import Checkpoints
internal import Synchronization
internal import TensorStorage
internal import TransformerGraph

/// Reads parameters as float32 when a pass needs them, and keeps as many as its budget allows.
final class Weights: Sendable {
  private struct Kept {
    var values: [ObjectIdentifier: [Float]] = [:]
    /// Matrices of other dtypes stay as they are stored: half the memory, and half of it to pass each time.
    var stored: [ObjectIdentifier: LazyTensor] = [:]
    var byteCount = 0
  }

  private let kept = Mutex(Kept())
  private let byteBudget: Int

  /// Weights of which at most `byteBudget` bytes stay in memory between uses.
  init(byteBudget: Int) { self.byteBudget = byteBudget }

  /// Reads a parameter if it can stay in memory.
  func load(_ parameter: Parameter) throws(InferenceError) {
    if parameter.shape.count == 2 {
      _ = try source(of: parameter)
    } else if hasRoom(for: parameter.elementCount * 4) {
      _ = try values(parameter) as [Float]
    }
  }

  /// All values of a parameter.
  func values(_ parameter: Parameter) throws(InferenceError) -> [Float] {
    let key = ObjectIdentifier(parameter)
    if let values = kept.withLock({ $0.values[key] }) { return values }
    let tensor = try Self.tensor(of: parameter)
    let values = try Self.readingWeights { () throws(FileError) in try tensor.floats() }
    keep(values.count * 4) { $0.values[key] = values }
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
    let key = ObjectIdentifier(parameter)
    if let values = kept.withLock({ $0.values[key] }) { return Array(values[range]) }
    var tensor = try Self.tensor(of: parameter)
    if let inMemory = stored(key) { tensor = inMemory }
    return try Self.readingWeights { () throws(FileError) in try tensor.floats(range) }
  }

  /// A parameter's rows for several threads, which read them as they go unless they are in memory.
  func matrix(_ parameter: Parameter) throws(InferenceError) -> WeightMatrix {
    let columnCount = parameter.shape.dropFirst().reduce(1, *)
    return WeightMatrix(columnCount: columnCount, source: try source(of: parameter))
  }

  private func source(of parameter: Parameter) throws(InferenceError) -> WeightMatrix.Source {
    let key = ObjectIdentifier(parameter)
    if let values = kept.withLock({ $0.values[key] }) { return .values(values) }
    if let stored = stored(key) { return .tensor(stored) }
    let tensor = try Self.tensor(of: parameter)
    let isShort = parameter.tensor.dtype.bitCount <= 16
    let hasRoom = hasRoom(for: isShort ? parameter.tensor.byteCount : tensor.byteCount)
    if isShort, hasRoom, let stored = try Self.held(parameter.tensor) {
      keep(parameter.tensor.byteCount) { $0.stored[key] = stored }
      return .tensor(stored)
    }
    // Parts of a deflated record, or of a view that is held whole, cost as much as all of it.
    return hasRoom || !tensor.isRandomAccess ? .values(try values(parameter)) : .tensor(tensor)
  }

  private func stored(_ key: ObjectIdentifier) -> LazyTensor? {
    kept.withLock { $0.stored[key] }
  }

  private func hasRoom(for byteCount: Int) -> Bool {
    kept.withLock { byteCount <= byteBudget - $0.byteCount }
  }

  /// Keeps what takes `byteCount` bytes, if there is room.
  private func keep(_ byteCount: Int, _ body: (inout Kept) -> Void) {
    kept.withLock { kept in
      guard byteCount <= byteBudget - kept.byteCount else { return }
      kept.byteCount += byteCount
      body(&kept)
    }
  }

  /// The tensor as float32, its stored bytes in memory.
  private static func held(_ tensor: LazyTensor) throws(InferenceError) -> LazyTensor? {
    let bytes = try readingWeights { () throws(FileError) in try tensor.read() }
    return LazyTensor(
      dtype: tensor.dtype, shape: tensor.shape, storage: Storage(MemoryBytes(bytes)))?
      .cast(to: .f32)
  }

  /// The tensor as float32.
  private static func tensor(of parameter: Parameter) throws(InferenceError) -> LazyTensor {
    guard let tensor = parameter.tensor.cast(to: .f32) else {
      throw .unbound(
        path: "a weight", reason: "has the dtype \(parameter.tensor.dtype.name), which is no number"
      )
    }
    return tensor
  }

  /// Calls `body`, whose errors are the weights'.
  static func readingWeights<Result>(
    _ body: () throws(FileError) -> Result
  ) throws(InferenceError) -> Result {
    do { return try body() } catch { throw .format(FormatError(file: "weights", .file(error))) }
  }
}

/// The rows of a parameter, for several threads at once.
struct WeightMatrix: Sendable {
  /// Where the values are: in memory as they are used, or somewhere else (or otherwise stored).
  enum Source {
    case values([Float])
    case tensor(LazyTensor)
  }

  /// Values of each row.
  let columnCount: Int
  /// Where they are.
  let source: Source

  /// Calls `body` with the values of `rows`; `scratch` takes them where they have to be read.
  func withRows<Result>(
    _ rows: Range<Int>, scratch: inout [Float],
    _ body: (Span<Float>) throws(InferenceError) -> Result
  ) throws(InferenceError) -> Result {
    let range = (rows.lowerBound * columnCount)..<(rows.upperBound * columnCount)
    switch source {
    case .values(let values): return try body(values.span.extracting(range))
    case .tensor(let tensor):
      if scratch.count < range.count { scratch = [Float](repeating: 0, count: range.count) }
      try Weights.readingWeights { () throws(FileError) in
        try scratch.withMutableFloatBytes { bytes throws(FileError) in
          var reader = try TensorReader(tensor)
          var part = bytes.part(0..<(range.count * 4))
          try reader.read(elements: range, into: &part)
        }
      }
      return try body(scratch.span.extracting(0..<range.count))
    }
  }
}
