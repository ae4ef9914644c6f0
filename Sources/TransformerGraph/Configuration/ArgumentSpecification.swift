/// One row of a constructor's signature.
struct ArgumentSpecification {
  /// What the argument may be and what holds without it.
  enum Default {
    case required(Kind)
    case bool(Bool)
    case int(Int)
    case double(Double)
    case text(String)
    /// Python's `None`.
    case absent(Kind)
  }

  /// The kind of value where the default does not say it.
  enum Kind { case bool, int, double, module, ints, texts, any }

  /// What the argument does here.
  enum Effect {
    /// It shapes the graph or its forward pass.
    case used
    /// It matters in training only: accepted, without effect.
    case training
    /// It is carried along; where it differs from its default, the forward pass refuses it by name.
    case carried
  }

  let name: String
  let defaultValue: Default
  let effect: Effect

  init(_ name: String, _ defaultValue: Default, _ effect: Effect) {
    self.name = name
    self.defaultValue = defaultValue
    self.effect = effect
  }
}
