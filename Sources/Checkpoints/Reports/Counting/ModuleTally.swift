internal import TensorStorage

/// Sums elements by module.
struct ModuleTally {
  private var positions: [TensorName: Int] = [:]
  private var tallies: [(path: TensorName, layers: Set<Int>, elements: Int)] = []
  /// The module of the last name: tensors of a module mostly follow each other.
  private var last: Int?

  /// Adds the elements of a tensor.
  mutating func add(_ name: TensorName, _ count: Int) {
    let (pathByteCount, layer) = Self.module(of: name.text.utf8.span)
    let position = position(ofPathIn: name, byteCount: pathByteCount)
    tallies[position].elements.addClamped(count)
    if let layer { tallies[position].layers.insert(layer) }
    last = position
  }

  private mutating func position(ofPathIn name: TensorName, byteCount: Int) -> Int {
    if let last, tallies[last].path.isPrefix(of: name, byteCount: byteCount) { return last }
    let path = TensorName(String(decoding: name.text.utf8.prefix(byteCount), as: UTF8.self))
    if let position = positions[path] { return position }
    positions[path] = tallies.count
    tallies.append((path, [], 0))
    return tallies.count - 1
  }

  /// The bytes of the path up to the first segment that is a number, and that number; or of the owner's path.
  private static func module(of name: Span<UInt8>) -> (pathByteCount: Int, layer: Int?) {
    var start = 0
    for end in 0...name.count where end == name.count || name[end] == UInt8(ascii: ".") {
      if start > 0, let number = SplitNames.number(name.extracting(start..<end)) {
        return (start - 1, number)
      }
      if end < name.count { start = end + 1 }
    }
    return (start > 0 ? start - 1 : name.count, nil)
  }

  /// The sums, by path in natural order.
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

extension TensorName {
  /// Whether it is the first `byteCount` bytes of `name`.
  fileprivate func isPrefix(of name: TensorName, byteCount: Int) -> Bool {
    text.utf8.count == byteCount && name.text.utf8.starts(with: text.utf8)
  }
}

extension Checkpoint.Entry {
  /// Whether it is an embedding table: of rank 2, the module that owns it named for it
  /// (`token_emb.emb.weight`, `embed_tokens.weight`, `wte.weight`, `pos_embedding`).
  var isEmbedding: Bool {
    guard tensor.shape.count == 2 else { return false }
    let bytes = name.text.utf8.span
    var end = bytes.count
    if bytes.hasSuffix(".weight") { end -= ".weight".utf8.count }
    var start = end
    while start > 0, bytes[start - 1] != UInt8(ascii: ".") { start -= 1 }
    let owner = bytes.extracting(start..<end)
    for position in owner.indices where owner.has("emb", at: position) { return true }
    return owner.count == 3 && (owner.has("wte", at: 0) || owner.has("wpe", at: 0))
  }
}

extension Span<UInt8> {
  /// Whether it ends in `letters`.
  fileprivate func hasSuffix(_ letters: String) -> Bool {
    count >= letters.utf8.count && has(letters, at: count - letters.utf8.count)
  }

  /// Whether `letters` stand at `position`, in lower or upper case.
  fileprivate func has(_ letters: String, at position: Int) -> Bool {
    guard letters.utf8.count <= count - position else { return false }
    var position = position
    for letter in letters.utf8 {
      if self[position] | 0x20 != letter { return false }
      position += 1
    }
    return true
  }
}
