internal import TensorStorage

/// Which tensors `--dtype` and `--keep` convert.
///
/// The last `--keep` whose pattern matches decides. Without one, `--dtype` converts floating-point
/// tensors, except for
/// - buffers: the rotary frequencies, the running statistics of normalisation layers, and, where the file
///   itself tells parameters from buffers (a pickled module), all its buffers. Rounding the frequencies
///   moves every logit, and none of these is worth the bytes;
/// - float8 tensors that have a scale beside them, and their scales: the value is the product of the two;
/// - packed dtypes of less than a byte, which mean nothing without their scales either.
struct CastRules {
  private let options: ConversionOptions
  private let checkpoint: Checkpoint
  private let tellsParameters: Bool
  private var buffers: [String] = []
  private var scaled: [String] = []
  private var packed: [String] = []

  /// Last components of the names of persistent buffers that common libraries register.
  private static let bufferNames: Set<String> = [
    "inv_freq", "original_inv_freq", "running_mean", "running_var",
  ]

  /// What follows a weight's name in the name of its scale, by the quantisation libraries in use.
  private static let scaleSuffixes = [
    "_scale_inv", "_scale", ".scale", "_scale_2", ".scale_weight",
  ]

  init(options: ConversionOptions, checkpoint: Checkpoint) {
    self.options = options
    self.checkpoint = checkpoint
    tellsParameters = checkpoint.entries.contains { $0.role != .plain && $0.role != .tracked }
  }

  /// The dtype that a tensor gets.
  mutating func dtype(for item: Conversion.Item) -> DType {
    let current = item.tensor.dtype
    guard current.isFloatingPoint else { return current }
    if let rule = options.keptDTypes.last(where: { $0.pattern.matches(item.sourceName) }) {
      return rule.dtype ?? current
    }
    guard let target = options.dtype, target != current else { return current }
    let name = item.sourceName.text
    if isBuffer(item) {
      buffers.append(name)
    } else if isScaled(item.sourceName, current) || isScale(item.sourceName) {
      scaled.append(name)
    } else if current.isSubByte {
      packed.append(name)
    } else {
      return target
    }
    return current
  }

  /// What was spared, and how to have it otherwise.
  var remarks: [String] {
    [
      ("left as they are, being buffers", buffers),
      ("left as they are, being float8 with scales or their scales", scaled),
      ("left as they are, being packed with several elements to a byte", packed),
    ].filter { !$0.1.isEmpty }.map { reason, names in
      "\(reason): \(NameList.text(names)); --keep NAME=DTYPE converts them"
    }
  }

  private func isBuffer(_ item: Conversion.Item) -> Bool {
    if tellsParameters, item.role == .plain { return true }
    let name = item.sourceName.text
    let last = name.split(separator: ".").last.map(String.init) ?? name
    if Self.bufferNames.contains(last) { return true }
    // The decay of xPos in x-transformers, beside its frequencies.
    return name.hasSuffix("rotary_pos_emb.scale")
  }

  private func isScaled(_ name: TensorName, _ dtype: DType) -> Bool {
    guard dtype.isFloatingPoint, dtype.bitCount <= 8 else { return false }
    return Self.scaleSuffixes.contains { checkpoint[TensorName(name.text + $0)] != nil }
  }

  private func isScale(_ name: TensorName) -> Bool {
    Self.scaleSuffixes.contains { suffix in
      guard name.text.hasSuffix(suffix) else { return false }
      let weight = checkpoint[TensorName(String(name.text.dropLast(suffix.count)))]
      return weight.map { $0.dtype.isFloatingPoint && $0.dtype.bitCount <= 8 } ?? false
    }
  }
}

/// Names in a sentence: the first few, and how many more there are.
enum NameList {
  /// How many names a sentence lists before it counts the rest.
  private static let listedCount = 5

  /// The names, escaped and quoted, each with a remark on it in parentheses if there is one.
  static func text(_ names: [String], remark: ((Int) -> String)? = nil) -> String {
    var parts = names.prefix(listedCount).enumerated().map { position, name in
      "'\(escaped(name))'" + (remark.map { " (\($0(position)))" } ?? "")
    }
    if names.count > listedCount { parts.append("\(names.count - listedCount) more") }
    return parts.joined(separator: ", ")
  }
}
