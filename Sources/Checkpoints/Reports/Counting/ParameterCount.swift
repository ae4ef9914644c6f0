package import TensorStorage

/// How many numbers a checkpoint holds, counted the ways people ask for.
///
/// Floating-point and complex tensors count as parameters, unless they are known to be buffers, all others as
/// buffers. A tensor that several
/// names look at counts once in `parameters`; of different views that overlap, each stored element
/// counts once (see `StorageUnion`).
package struct ParameterCount: Sendable {
  /// Elements of parameters, each stored element once: what torch counts over `parameters()`.
  package var parameters = 0
  /// Elements of parameters, every name by itself.
  package var stored = 0
  /// Elements of buffers, each stored element once.
  package var buffers = 0
  /// The part of `parameters` that the source says asks for no gradient.
  package var frozen = 0
  /// Bytes of parameters and buffers, each stored element once.
  package var bytes = 0
  /// The unique elements of parameters and buffers by dtype, in the order of `DType`.
  package var byDType: [(dtype: DType, elements: Int)] = []
  /// The unique elements of parameters by module, in natural order.
  package var byModule: [Module] = []
  /// The part of `parameters` that lies in embedding tables.
  package var embedding = 0
  /// Whether buffers were told from parameters by dtype alone, since the file does not say.
  package var isByDTypeOnly = true

  /// The parameters below one path.
  package struct Module: Sendable {
    /// The path up to its first numeric segment, or of the module that owns the tensor: `model.layers`.
    package var path: String
    /// The path with its repeated layers folded, escaped for display: `model.layers.{0..31}`.
    package var folded: String
    /// How many layers are folded; 1 if it is no list.
    package var layerCount: Int
    /// Unique elements.
    package var elements: Int
  }

  /// Counts the elements of `checkpoint`; reads no tensor.
  ///
  /// - Parameters:
  ///   - checkpoint: The tensors.
  ///   - knownBuffers: The names of those that are buffers, where something else than the file says which are.
  package init(of checkpoint: Checkpoint, knownBuffers: Set<TensorName>? = nil) {
    isByDTypeOnly = knownBuffers == nil
    var dtypes: [DType: Int] = [:]
    var modules = ModuleTally()
    let unique = StorageUnion.uniqueElementCounts(of: checkpoint)
    for (entry, count) in zip(checkpoint.entries, unique) {
      let dtype = entry.tensor.dtype
      dtypes[dtype, default: 0].addClamped(count)
      bytes.addClamped(dtype.roundedByteCount(elementCount: count))
      let isBuffer = knownBuffers?.contains(entry.name) ?? false
      guard !isBuffer, dtype.isFloatingPoint || dtype.isComplex else {
        buffers.addClamped(count)
        continue
      }
      parameters.addClamped(count)
      stored.addClamped(entry.tensor.elementCount)
      if case .parameter(requiresGrad: false) = entry.role { frozen.addClamped(count) }
      if entry.isEmbedding { embedding.addClamped(count) }
      modules.add(entry.name, count)
    }
    byDType = DType.allCases.compactMap { dtype in dtypes[dtype].map { (dtype, $0) } }
    byModule = modules.modules()
  }
}

extension DType {
  /// Bytes that hold `elementCount` elements, a last byte that is not full counted whole.
  fileprivate func roundedByteCount(elementCount: Int) -> Int {
    let (bits, overflow) = elementCount.multipliedReportingOverflow(by: bitCount)
    guard overflow else { return bits / 8 + (bits % 8 > 0 ? 1 : 0) }
    return byteCount(elementCount: elementCount) ?? Int.max
  }
}

extension Int {
  /// Adds without trapping: counts that reach the end of `Int` stay there.
  package mutating func addClamped(_ other: Int) {
    let (sum, overflow) = addingReportingOverflow(other)
    self = overflow ? .max : sum
  }
}
