internal import TensorStorage

extension ForecastSubject {
  /// `load_file`, and `load_model` with its `strict=True`.
  func safetensors() throws(FormatError) -> ReaderForecast {
    var forecast = ReaderForecast(.safetensors, path)
    if let reason = safetensorsRefusal {
      forecast.add("load_file", loads: false, reason)
      forecast.add("load_model", loads: false, reason)
      return forecast
    }
    let count = checkpoint.entries.count
    let dropped = notes.map(\.dropped)
    forecast.add(
      "load_file", loads: true,
      "\(count) tensor\(count == 1 ? "" : "s")"
        + (dropped.isEmpty
          ? "" : ", and not \(Self.list(dropped)), which the metadata note as aliases"))
    forecast.add("load_model", loads: true, try modules())
    return forecast
  }

  /// Why safetensors refuses the file; nil if it does not.
  var safetensorsRefusal: String? {
    if shardCount != nil { return oneFile("safetensors.torch") }
    guard checkpoint.source.format == SafetensorsFormat.identifier else {
      return
        "it is no safetensors file but \(checkpoint.source.format); 'ligature convert -o out.safetensors' makes it one"
    }
    if let first = checkpoint.entries.first(where: { $0.tensor.dtype.torchName == nil }) {
      return
        "torch has no dtype for \(first.tensor.dtype.name), which '\(escaped(first.name.text))' has"
    }
    return nil
  }

  /// Into which modules `load_model` loads the file strictly.
  private func modules() throws(FormatError) -> String {
    var parts: [String] = []
    for (dropped, kept) in notes.prefix(3) {
      parts.append(
        "'\(escaped(dropped))' and '\(escaped(kept))' are one parameter (else '\(escaped(dropped))' is missing)"
      )
    }
    for (first, second) in try equalTables().prefix(3) {
      parts.append(
        "'\(escaped(first))' and '\(escaped(second))' are two parameters (else one of them is unexpected)"
      )
    }
    return parts.isEmpty
      ? "into modules of these names" : "into modules in which " + parts.joined(separator: ", and ")
  }

  /// The names that the metadata note as aliases of tensors that are there.
  private var notes: [(dropped: String, kept: String)] {
    checkpoint.metadata.filter { key, value in
      key != "format" && checkpoint[TensorName(key)] == nil && checkpoint[TensorName(value)] != nil
    }.sorted { TensorName($0.key) < TensorName($1.key) }.map { ($0.key, $0.value) }
  }

  /// Tables and heads that are the same twice: what a module may tie.
  func equalTables() throws(FormatError) -> [(String, String)] {
    let tables = checkpoint.entries.filter { $0.tensor.shape.count == 2 && Self.maybeTied($0.name) }
    var pairs: [(String, String)] = []
    for (position, entry) in tables.enumerated() {
      for other in tables[..<position] where try areEqual(other, entry) {
        pairs.append((other.name.text, entry.name.text))
        break
      }
    }
    return pairs
  }

  func areEqual(_ a: Checkpoint.Entry, _ b: Checkpoint.Entry) throws(FormatError) -> Bool {
    guard a.tensor.dtype == b.tensor.dtype, a.tensor.shape == b.tensor.shape else { return false }
    do { return try a.tensor.hasSameElements(as: b.tensor) } catch {
      throw checkpoint.error(error, reading: a.name)
    }
  }

  /// Whether a name is one of those that token embeddings and heads have.
  private static func maybeTied(_ name: TensorName) -> Bool {
    let words = [
      "emb", "wte", "to_logits", "lm_head", "shared.weight", "output_projection", "generator.",
    ]
    return words.contains { name.text.contains($0) }
  }
}
