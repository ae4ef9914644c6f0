/// x-transformers' `LoRALinear`: a plain layer without a rank, two layers with one.
public struct LoRALinear: Sendable {
  /// To the rank; nil where there is none.
  public let down: Linear?
  /// To the output.
  public let up: Linear
  /// Whether SiLU stands between the two.
  public let isActivated: Bool

  /// The layer at `scope`.
  init(
    _ scope: ParameterScope, _ inputCount: Int, _ outputCount: Int, rank: Int?,
    isActivated: Bool, hasBias: Bool = false, path: String
  ) throws(GraphError) {
    guard let rank else {
      down = nil
      up = Linear(
        scope, inputCount, outputCount, hasBias: hasBias, initialValues: .constant(0))
      self.isActivated = false
      return
    }
    guard rank > 0, rank < max(inputCount, outputCount) else {
      throw .impossible(
        path: path,
        reason: "the rank \(rank) must be positive and less than \(max(inputCount, outputCount))")
    }
    down = Linear(scope.child("down"), inputCount, rank, hasBias: false)
    up = Linear(
      scope.child("up"), rank, outputCount, hasBias: false, initialValues: .constant(0))
    self.isActivated = isActivated
  }
}
