internal import TensorStorage

/// Where a graph that is being built gets its parameters: a checkpoint, or initial distributions.
protocol ParameterSource: AnyObject {
  /// The parameter at `path`; a source that has none says so in its report and gives one without data.
  func parameter(at path: String, shape: [Int], initialValues: InitialValues, isBuffer: Bool)
    -> Parameter

  /// Whether there is a tensor at `path`.
  ///
  /// Linear layers and norms take an optional bias this way: present if and only if its key is. A source of
  /// initial values answers `isDefault`.
  func has(_ path: String, isDefault: Bool) -> Bool

  /// Whether there is any tensor whose path begins with `path` and a dot.
  func hasAny(below path: String) -> Bool

  /// Records that the parameter is reachable at `path` too: it stands elsewhere and is shared.
  func share(_ parameter: Parameter, at path: String)

  /// The slots in the order in which the graph asked for them.
  var slots: [Slot] { get }
}

extension ParameterSource {
  /// Records that everything below `source` is reachable below `target` too: a module that stands twice.
  func shareAll(below source: String, at target: String) {
    for slot in slots where slot.path.hasPrefix(source + ".") {
      share(slot.parameter, at: target + slot.path.dropFirst(source.count))
    }
  }
}

/// The initial distribution of a parameter, in x-transformers' and PyTorch's terms.
enum InitialValues: Sendable {
  case constant(Double)
  /// Normal, mean 0.
  case normal(standardDeviation: Double)
  /// Uniform in `-bound ..< bound`.
  case uniform(bound: Double)
  /// A function of the position (an `inv_freq`): nothing is made before it is read, whatever the size.
  case function(@Sendable (Int) -> Float)
}

/// A place in the tree of modules: a source and the path so far.
struct ParameterScope {
  let source: any ParameterSource
  let path: String

  /// The place of the child module `name`.
  func child(_ name: String) -> ParameterScope {
    ParameterScope(source: source, path: path.isEmpty ? name : "\(path).\(name)")
  }

  /// The parameter `name` of the module at this place.
  func parameter(
    _ name: String, _ shape: [Int], _ initialValues: InitialValues, isBuffer: Bool = false
  ) -> Parameter {
    source.parameter(
      at: child(name).path, shape: shape, initialValues: initialValues, isBuffer: isBuffer)
  }

  /// The first of `names` that the module at this place has; the first of all if it has none.
  func name(among names: [String]) -> String {
    names.first { source.has(child($0).path, isDefault: false) } ?? names[0]
  }

  /// The first of `names` below which the module at this place has anything; else the first of all.
  func branch(among names: [String]) -> ParameterScope {
    child(names.first { source.hasAny(below: child($0).path) } ?? names[0])
  }

  /// Whether there is anything below one of the children `names`.
  func hasAny(below names: [String]) -> Bool {
    names.contains { source.hasAny(below: child($0).path) }
  }

  /// Whether the module at this place has a parameter `name`.
  func has(_ name: String, isDefault: Bool = false) -> Bool {
    source.has(child(name).path, isDefault: isDefault)
  }
}
