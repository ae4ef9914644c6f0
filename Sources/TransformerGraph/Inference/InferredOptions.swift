/// The arguments that one block was made by, each with what holds where it is not given.
struct InferredOptions {
  private struct Option {
    let name: String
    let value: ArgumentValue
    let defaultValue: ArgumentValue
  }

  private var options: [Option] = []

  /// Adds an argument; all blocks of a kind add the same ones in the same order.
  mutating func add(_ name: String, _ value: ArgumentValue, default defaultValue: ArgumentValue) {
    options.append(Option(name: name, value: value, defaultValue: defaultValue))
  }

  /// Adds a flag that is false by default.
  mutating func add(_ name: String, _ value: Bool) {
    add(name, .bool(value), default: .bool(false))
  }

  /// Writes the arguments of blocks of one kind: one value where they agree, else one for each.
  static func write(
    _ blocks: [InferredOptions], prefix: String, to call: inout ModuleConfiguration
  ) {
    guard let first = blocks.first else { return }
    for (index, option) in first.options.enumerated() {
      let values = blocks.map { $0.options[index].value }
      if values.allSatisfy({ $0 == option.value }) {
        if option.value != option.defaultValue { call[prefix + option.name] = option.value }
      } else {
        call[prefix + option.name] = .list(values)
      }
    }
  }

  /// Writes the arguments of cross-attentions that differ from those that they take over.
  ///
  /// A stack's `attn_…` hold for them too, unless there is one value for each self-attention.
  static func writeCross(
    _ blocks: [InferredOptions], selfCount: Int, to call: inout ModuleConfiguration
  ) {
    guard let first = blocks.first else { return }
    for (index, option) in first.options.enumerated() {
      let values = blocks.map { $0.options[index].value }
      var inherited = call["attn_" + option.name] ?? option.defaultValue
      if case .list(let items) = inherited, items.count == selfCount {
        inherited = option.defaultValue
      }
      if !values.allSatisfy({ $0 == option.value }) {
        call["cross_attn_" + option.name] = .list(values)
      } else if option.value != inherited {
        call["cross_attn_" + option.name] = option.value
      }
    }
  }
}
