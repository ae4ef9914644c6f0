/// The value of a constructor argument, as the configuration file writes it.
public indirect enum ArgumentValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case text(String)
  /// A Python tuple or list.
  case list([ArgumentValue])
  /// A nested module: an object with a `"class"`.
  case module(ModuleConfiguration)
  /// A Python dictionary.
  case dictionary([ModuleConfiguration.Argument])
}

/// A constructor call: a class of x-transformers and its keyword arguments, in the order written.
public struct ModuleConfiguration: Hashable, Sendable {
  /// One keyword argument.
  public struct Argument: Hashable, Sendable {
    /// The library's own name.
    public var name: String
    /// The value.
    public var value: ArgumentValue

    /// A keyword argument.
    public init(_ name: String, _ value: ArgumentValue) {
      self.name = name
      self.value = value
    }
  }

  /// The class, as `TransformerWrapper`.
  public var className: String
  /// The keyword arguments.
  public var arguments: [Argument]

  /// A call of `className`.
  public init(_ className: String, _ arguments: [Argument] = []) {
    self.className = className
    self.arguments = arguments
  }

  /// The value given for an argument, or nil where the default holds.
  ///
  /// Setting nil removes the argument.
  public subscript(name: String) -> ArgumentValue? {
    get { arguments.first { $0.name == name }?.value }
    set {
      let position = arguments.firstIndex { $0.name == name }
      switch (position, newValue) {
      case (let position?, let value?): arguments[position].value = value
      case (let position?, nil): arguments.remove(at: position)
      case (nil, let value?): arguments.append(Argument(name, value))
      case (nil, nil): break
      }
    }
  }
}

extension ArgumentValue {
  /// The text, where it is one.
  var text: String? {
    if case .text(let text) = self { return text }
    return nil
  }

  /// The whole number, where it is a positive one.
  var positive: Int? {
    if case .int(let value) = self, value > 0 { return value }
    return nil
  }
}
