/// `torch.nn.Linear`: `y = x · weightᵀ + bias`.
///
/// The bias is there if and only if the checkpoint has its key, so that one graph covers every release of
/// x-transformers, its forks, and the families imported from Hugging Face; unless an argument asks for it.
public struct Linear: Sendable {
  /// Shape `[outputCount, inputCount]`.
  public let weight: Parameter
  /// Shape `[outputCount]`.
  public let bias: Parameter?

  /// The layer at `scope`, from `inputCount` to `outputCount` features.
  ///
  /// Fresh values are torch's for such a layer, where x-transformers does not set others. A bias that is required is
  /// missing where its key is.
  init(
    _ scope: ParameterScope, _ inputCount: Int, _ outputCount: Int, hasBias: Bool,
    requiresBias: Bool = false, initialValues: InitialValues? = nil,
    initialBias: InitialValues? = nil
  ) {
    let bound = InitialValues.uniform(bound: 1 / Double(max(1, inputCount)).squareRoot())
    weight = scope.parameter("weight", [outputCount, inputCount], initialValues ?? bound)
    bias =
      requiresBias || scope.has("bias", isDefault: hasBias)
      ? scope.parameter("bias", [outputCount], initialBias ?? bound) : nil
  }

  /// Features in.
  public var inputCount: Int { weight.shape[1] }
  /// Features out.
  public var outputCount: Int { weight.shape[0] }
}

extension Linear {
  /// The layer of a `torch.nn.Linear` that a constructor is given as its argument `name`; nil where it is not given.
  init?(
    _ scope: ParameterScope, torchModule name: String, of arguments: Arguments,
    from inputCount: Int? = nil, to outputCount: Int? = nil
  ) throws(GraphError) {
    guard case .module(let module) = arguments.value(name) else { return nil }
    let own = try Arguments(module, path: scope.path, dialect: arguments.dialect)
    guard module.className == "Linear" else {
      throw .unknownClass(path: scope.path, name: module.className, nearest: "Linear")
    }
    let shape = try (own.positive("in_features"), own.positive("out_features"))
    guard shape.0 == inputCount ?? shape.0, shape.1 == outputCount ?? shape.1 else {
      throw .impossible(
        path: scope.path,
        reason: "a Linear from \(shape.0) to \(shape.1) features does not fit: "
          + "\(inputCount.map { "\($0) come in" } ?? "\(outputCount ?? 0) are needed")")
    }
    self.init(scope, shape.0, shape.1, hasBias: try own.bool("bias"))
  }
}
