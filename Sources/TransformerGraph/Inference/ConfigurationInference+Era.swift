internal import Checkpoints
internal import TensorStorage

extension ConfigurationInference {
  /// Eras that leave their mark on the keys.
  mutating func readEra(_ tree: TensorTree) {
    let names = tree.names
    func has(_ ending: String) -> Bool { names.contains { $0.hasSuffix(ending) } }
    let first = names.first { $0.contains("layers.0.0.0.") || $0.hasSuffix("layers.0.0.weight") }
    if has(".1.net.0.proj.weight") || has(".1.net.0.0.weight") {
      set(dialect: Dialect(0, 27, 1), because: "feed-forward keys begin with 'net.'")
    } else if names.contains(where: { $0 == "norm.weight" || $0.hasSuffix("net.norm.weight") }) {
      set(dialect: Dialect(1, 14, 0), because: "the last norm stands on the wrapper")
    } else if has(".1.ff.3.weight"), !has(".1.ff.1.gamma"), !has(".1.ff.1.weight") {
      set(dialect: Dialect(1, 17, 0), because: "the second feed-forward layer is 'ff.3'")
    } else if has("layers.0.0.0.bias") {
      set(dialect: Dialect(1, 26, 6), because: "norms have biases")
    } else if has("layers.0.0.0.beta") {
      set(dialect: Dialect(1, 27, 0), because: "norms have a 'beta' buffer")
    } else if let first, first.hasSuffix(".weight") {
      set(dialect: Dialect(1, 30, 0), because: "norm gains are called 'weight'")
      ask(
        "x_transformers", ["1.30.0", "1.27.16", "1.30.1"],
        "releases before and from 1.30.1 turn other pairs of features by rotary positions")
    } else {
      readGains(tree)
    }
  }

  /// Gains near 1 were stored before the unit offset (1.31.3), gains near 0 after it.
  private mutating func readGains(_ tree: TensorTree) {
    let gains = checkpoint.entries.filter { entry in
      entry.name.text.hasPrefix(tree.prefix) && entry.name.text.contains("layers.")
        && entry.tensor.shape.count == 1 && entry.tensor.elementCount <= 65_536
        && (entry.name.text.hasSuffix(".g") || entry.name.text.hasSuffix(".gamma"))
        && entry.tensor.cast(to: .f32) != nil
    }.prefix(8)
    let values = gains.compactMap { try? $0.tensor.floats() }.joined()
    guard !values.isEmpty else { return }
    let mean = values.reduce(0, +) / Float(values.count)
    guard abs(mean - 1) < 0.35 else { return }
    set(
      dialect: Dialect(1, 31, 2),
      because: "norm gains are near 1, as before they were stored less one")
    ask(
      "x_transformers", ["1.31.2", "\(Dialect.newest) with norm_add_unit_offset=false"],
      "gains near 1 occur in old releases and without norm_add_unit_offset")
  }
}
