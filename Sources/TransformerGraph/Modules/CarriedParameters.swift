/// Options whose forward pass is not built, and their weights: bound, counted and written again.
public struct CarriedParameters: Sendable {
  /// The options, by their argument names; the forward pass refuses them by name.
  public internal(set) var options: [String] = []
  /// Their weights.
  public internal(set) var parameters: [Parameter] = []

  /// Whether the forward pass must refuse.
  public var isEmpty: Bool { options.isEmpty }
}

extension CarriedParameters {
  /// Adds the weight `name` at `scope`.
  mutating func add(
    _ scope: ParameterScope, _ name: String, _ shape: [Int], _ initialValues: InitialValues
  ) {
    parameters.append(scope.parameter(name, shape, initialValues))
  }

  /// Adds a linear layer without bias, or with one.
  mutating func addLinear(
    _ scope: ParameterScope, _ inputCount: Int, _ outputCount: Int, hasBias: Bool = false
  ) {
    let linear = Linear(scope, inputCount, outputCount, hasBias: hasBias)
    parameters.append(linear.weight)
    if let bias = linear.bias { parameters.append(bias) }
  }
}
