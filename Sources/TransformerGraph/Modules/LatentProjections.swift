/// The narrow projections of multi-latent attention (DeepSeek-V2, arXiv 2405.04434), where it is used.
public struct LatentProjections: Sendable {
  /// From the input, in front of the queries' projection.
  public let toLatentQuery: Linear?
  /// From the input, in front of the keys' and values' projections.
  public let toLatentKeyValue: Linear?
  /// From the input to the keys of the last heads, the only ones that rotary positions turn.
  public let toRotatedKey: Linear?
  /// How many heads those are.
  public let rotatedHeadCount: Int

  init(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, heads: Attention.Heads
  ) throws(GraphError) {
    func latent(_ option: String, _ width: String, _ name: String) throws(GraphError) -> Linear? {
      guard try arguments.bool(option) else { return nil }
      return Linear(
        scope.child(name), dimension, try arguments.positive(width), hasBias: false)
    }
    toLatentQuery = try latent("use_latent_q", "dim_latent_q", "to_latent_q")
    toLatentKeyValue = try latent("use_latent_kv", "dim_latent_kv", "to_latent_kv")
    rotatedHeadCount = try arguments.optionalInt("latent_rope_subheads") ?? 0
    guard (0...heads.keyCount).contains(rotatedHeadCount) else {
      throw .impossible(
        path: arguments.path, reason: "attn_latent_rope_subheads exceeds the key heads")
    }
    toRotatedKey =
      rotatedHeadCount > 0
      ? Linear(
        scope.child("to_rotateable_k"), dimension, heads.dimension * rotatedHeadCount,
        hasBias: false) : nil
  }
}
