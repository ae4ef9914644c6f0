internal import Checkpoints

/// A dictionary of further keyword arguments that x-transformers hands on to one of its modules
/// (`rel_pos_kwargs`, `residual_fn_kwargs`, …).
struct KeywordOptions {
  private let entries: [ModuleConfiguration.Argument]

  /// The dictionary `name` of `arguments`; empty where it is not given.
  init(_ arguments: Arguments, _ name: String, known: [String]) throws(GraphError) {
    switch arguments.value(name) {
    case .none: entries = []
    case .dictionary(let entries):
      for entry in entries where !known.contains(entry.name) {
        throw .unknownArgument(
          path: arguments.path, className: name, name: entry.name,
          nearest: NearestName.of(entry.name, among: known))
      }
      self.entries = entries
    default: throw arguments.wrongKind(name, "an object")
    }
  }

  subscript(name: String) -> ArgumentValue? {
    entries.first { $0.name == name }?.value
  }

  /// A positive whole number; nil where there is none.
  func positive(_ name: String) -> Int? {
    guard case .int(let value)? = self[name], (1...1 << 28).contains(value) else { return nil }
    return value
  }

  func double(_ name: String) -> Double? {
    switch self[name] {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  func bool(_ name: String) -> Bool { self[name] == .bool(true) }

  /// An array of numbers; nil where it is none.
  func numbers(_ name: String) -> [Double]? {
    guard case .list(let items)? = self[name] else { return nil }
    let numbers = items.compactMap { item -> Double? in
      switch item {
      case .int(let value): Double(value)
      case .double(let value): value
      default: nil
      }
    }
    return numbers.count == items.count ? numbers : nil
  }
}
