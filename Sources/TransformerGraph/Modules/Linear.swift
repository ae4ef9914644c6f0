/// `torch.nn.Linear`: `y = x · weightᵀ + bias`.
///
/// The bias is there if and only if the checkpoint has its key, so that one graph covers every release of
/// x-transformers, its forks, and the families imported from Hugging Face.
public struct Linear: Sendable {
  /// Shape `[outputCount, inputCount]`.
  public let weight: Parameter
  /// Shape `[outputCount]`.
  public let bias: Parameter?

  /// The layer at `scope`, from `inputCount` to `outputCount` features.
  init(_ scope: ParameterScope, _ inputCount: Int, _ outputCount: Int, hasBias: Bool) {
    let bound = InitialValues.uniform(bound: 1 / Double(max(1, inputCount)).squareRoot())
    weight = scope.parameter("weight", [outputCount, inputCount], bound)
    bias =
      scope.has("bias", isDefault: hasBias)
      ? scope.parameter("bias", [outputCount], bound) : nil
  }

  /// Features in.
  public var inputCount: Int { weight.shape[1] }
  /// Features out.
  public var outputCount: Int { weight.shape[0] }
}
