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
      if Self.isEmbedding(entry) { embedding.addClamped(count) }
      modules.add(entry.name, count)
    }
    byDType = DType.allCases.compactMap { dtype in dtypes[dtype].map { (dtype, $0) } }
    byModule = modules.modules()
  }

  /// Whether a tensor is an embedding table: of rank 2, the module that owns it named for it
  /// (`token_emb.emb.weight`, `embed_tokens.weight`, `wte.weight`, `pos_embedding`).
  static func isEmbedding(_ entry: Checkpoint.Entry) -> Bool {
    guard entry.tensor.shape.count == 2 else { return false }
    var segments = entry.name.text.split(separator: ".")
    if segments.last == "weight" { segments.removeLast() }
    guard let owner = segments.last?.lowercased() else { return false }
    return owner.contains("emb") || owner == "wte" || owner == "wpe"
  }
}

/// Sums elements by module.
private struct ModuleTally {
  private var positions: [TensorName: Int] = [:]
  private var tallies: [(path: TensorName, layers: Set<Int>, elements: Int)] = []

  mutating func add(_ name: TensorName, _ count: Int) {
    let (path, layer) = Self.module(of: name)
    let position = positions[path] ?? tallies.count
    if position == tallies.count {
      positions[path] = position
      tallies.append((path, [], 0))
    }
    tallies[position].elements.addClamped(count)
    if let layer { tallies[position].layers.insert(layer) }
  }

  /// The path up to the first numeric segment and that number, or the owner's path.
  private static func module(of name: TensorName) -> (TensorName, Int?) {
    let segments = name.text.split(separator: ".", omittingEmptySubsequences: false)
    for (depth, segment) in segments.enumerated().dropFirst() {
      if let number = Int(segment), segment.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
        return (TensorName(segments[..<depth].joined(separator: ".")), number)
      }
    }
    if segments.count == 1 { return (name, nil) }
    return (TensorName(segments.dropLast().joined(separator: ".")), nil)
  }

  func modules() -> [ParameterCount.Module] {
    NaturalOrder.sorted(tallies.map(\.path)).map { position in
      let (path, layers, elements) = tallies[position]
      let suffix = layers.count > 1 ? "." + NameFolding.braces(layers.sorted()) : ""
      return ParameterCount.Module(
        path: path.text, folded: escaped(path.text) + suffix, layerCount: max(1, layers.count),
        elements: elements)
    }
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
