/// The arguments that one block was made by, each with what holds where it is not given.
struct InferredOptions {
  private struct Option {
    let name: String
    /// Nil where the tensor that would tell is missing.
    let value: ArgumentValue?
    let defaultValue: ArgumentValue
    /// The value that a lack of tensors stands for.
    let absentValue: ArgumentValue
  }

  private var options: [Option] = []

  /// Adds an argument; all blocks of a kind add the same ones in the same order.
  mutating func add(
    _ name: String, _ value: ArgumentValue?, default defaultValue: ArgumentValue,
    absent: ArgumentValue? = nil
  ) {
    options.append(
      Option(
        name: name, value: value, defaultValue: defaultValue, absentValue: absent ?? defaultValue))
  }

  /// Adds an argument that is `None` where it is not given.
  mutating func add(_ name: String, optional value: Int?) {
    add(name, value.map { .int($0) } ?? ArgumentValue.none, default: ArgumentValue.none)
  }

  /// Adds a flag that is false by default.
  mutating func add(_ name: String, _ value: Bool, absent: Bool = false) {
    add(name, .bool(value), default: .bool(false), absent: .bool(absent))
  }

  /// Writes the arguments of blocks of one kind: one value where they agree, else one for each.
  static func write(
    _ blocks: [InferredOptions], prefix: String, to call: inout ModuleConfiguration
  ) {
    for (option, values) in agreed(blocks) {
      if values.count > 1 {
        call[prefix + option.name] = .list(values)
      } else if let value = values.first, value != option.defaultValue {
        call[prefix + option.name] = value
      }
    }
  }

  /// Writes the arguments of cross-attentions that differ from those that they take over.
  ///
  /// A stack's `attn_…` hold for them too, unless there is one value for each self-attention.
  static func writeCross(
    _ blocks: [InferredOptions], selfCount: Int, to call: inout ModuleConfiguration
  ) {
    for (option, values) in agreed(blocks) {
      var inherited = call["attn_" + option.name] ?? option.defaultValue
      if case .list(let items) = inherited, items.count == selfCount {
        inherited = option.defaultValue
      }
      if values.count > 1 {
        call["cross_attn_" + option.name] = .list(values)
      } else if let value = values.first, value != inherited {
        call["cross_attn_" + option.name] = value
      }
    }
  }

  /// Each option with the value of all blocks, or with those of each.
  private static func agreed(
    _ blocks: [InferredOptions]
  ) -> [(option: Option, values: [ArgumentValue])] {
    guard let first = blocks.first else { return [] }
    return first.options.indices.map { index in
      let option = first.options[index]
      let known = blocks.compactMap { $0.options[index].value }
      guard let common = known.first else { return (option, [option.defaultValue]) }
      if known.allSatisfy({ $0 == common }) { return (option, [common]) }
      // A single block of three or more that lacks what the others have lacks a tensor.
      let others = known.filter { $0 != option.absentValue }
      if let other = others.first, others.count >= 2, others.count >= known.count - 1,
        others.allSatisfy({ $0 == other })
      {
        return (option, [other])
      }
      return (option, blocks.map { $0.options[index].value ?? common })
    }
  }
}
