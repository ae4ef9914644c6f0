/// x-transformers' `MVSplitResidualUpdate`: the mean over the sequence and what differs from it join the residual
/// with factors of their own.
public struct MeanVarianceSplit: Sendable {
  /// Where the factors come from.
  public enum Factors: Sendable {
    /// Shape `[d]` each.
    case given(alpha: Parameter, beta: Parameter)
    /// Computed of the mean.
    case learned(toAlpha: Linear, toBeta: Linear)
  }

  /// `alpha` for the means, `beta` for the differences.
  public let factors: Factors

  init(_ scope: ParameterScope, _ arguments: Arguments, dimension: Int) throws(GraphError) {
    let options = try KeywordOptions(
      arguments, "residual_fn_kwargs", known: ["init_alpha", "init_beta", "learned"])
    let alpha = InitialValues.constant(options.double("init_alpha") ?? 0)
    let beta = InitialValues.constant(options.double("init_beta") ?? 0.03)
    guard options.bool("learned") else {
      factors = .given(
        alpha: scope.parameter("alpha", [dimension], alpha),
        beta: scope.parameter("beta", [dimension], beta))
      return
    }
    func linear(_ name: String, _ bias: InitialValues) -> Linear {
      Linear(
        scope.child(name), dimension, dimension, hasBias: true, initialValues: .constant(0),
        initialBias: bias)
    }
    factors = .learned(toAlpha: linear("to_alpha", alpha), toBeta: linear("to_beta", beta))
  }
}
