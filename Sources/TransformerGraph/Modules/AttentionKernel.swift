/// How the attention of a block is made of its logits, where it is not by softmax alone.
public struct AttentionKernel: Sendable {
  /// What turns a row of logits into attention.
  public enum Normalizer: Hashable, Sendable {
    case softmax
    /// Each logit by itself.
    case sigmoid
    /// All attention to the largest logit.
    case hard
    /// Softmax over the `count` largest logits.
    case sparse(count: Int)
    /// Softmax over the queries, then divided by its sum over the keys (arXiv 2411.02344's inverted attention).
    case inverted
  }

  /// See `Normalizer`.
  public let normalizer: Normalizer
  /// Whether logits are `−|q − k|²` in place of `q · k`.
  public let usesDistance: Bool
  /// Whether a token can hide earlier ones from later ones (arXiv 2410.02703).
  public let isSelective: Bool
  /// Whether attention has the signs of the logits and is computed of their absolute values.
  public let isSigned: Bool
  /// The clamp on values that are attended to as exponentials (LASER, arXiv 2411.03493); nil: as they are.
  public let laserSoftclamp: Double?
  /// How many projections of the attended values off the token's own values follow each other; 0: none.
  public let orthogonalProjectionCount: Int

  init(_ arguments: Arguments, isCausal: Bool, isInverted: Bool) throws(GraphError) {
    var chosen: [(String, Normalizer)] = []
    for (name, normalizer) in [("sigmoid", Normalizer.sigmoid), ("hard", .hard)]
    where try arguments.bool(name) {
      chosen.append((name, normalizer))
    }
    if let count = try arguments.optionalInt("sparse_topk") {
      guard count > 0 else {
        throw .impossible(path: arguments.path, reason: "attn_sparse_topk must be positive")
      }
      chosen.append(("sparse_topk", .sparse(count: count)))
    }
    usesDistance = try arguments.bool("l2_distance")
    var exclusive = chosen.map(\.0)
    if usesDistance { exclusive.append("l2_distance") }
    if try arguments.bool("gumbel_softmax") { exclusive.append("gumbel_softmax") }
    guard exclusive.count <= 1 else {
      throw .impossible(
        path: arguments.path,
        reason: "\(exclusive.map { "attn_\($0)" }.joined(separator: " and ")) exclude each other")
    }
    normalizer = isInverted ? .inverted : chosen.first?.1 ?? .softmax
    isSelective = try arguments.bool("selective")
    isSigned = try arguments.bool("cog_signed")
    guard !isSelective || isCausal else {
      throw .impossible(path: arguments.path, reason: "attn_selective needs causal attention")
    }
    laserSoftclamp =
      try arguments.bool("laser") ? arguments.double("laser_softclamp_value") : nil
    let whole = try arguments.bool("orthog_projected_values")
    let perHead = try arguments.bool("orthog_projected_values_per_head")
    orthogonalProjectionCount = (whole ? 1 : 0) + (perHead ? 1 : 0)
    try Self.checkFlash(arguments, isInverted: isInverted)
  }

  /// What torch's fused attention cannot do, x-transformers refuses with `attn_flash`.
  private static func checkFlash(_ arguments: Arguments, isInverted: Bool) throws(GraphError) {
    guard try arguments.bool("flash") else { return }
    let flags = [
      "sigmoid", "hard", "pre_talking_heads", "post_talking_heads", "pre_scale_post_talking_heads",
      "selective", "cog_signed", "head_learned_sink", "softclamp_logits", "use_cope",
    ]
    var refused: [String] = []
    for flag in flags where try arguments.bool(flag) { refused.append("attn_\(flag)") }
    if try arguments.optionalInt("sparse_topk") != nil { refused.append("attn_sparse_topk") }
    if isInverted { refused.append("cross_attn_inverted_attention") }
    guard refused.isEmpty else {
      throw .impossible(
        path: arguments.path,
        reason: "attn_flash excludes \(refused.joined(separator: ", "))")
    }
  }
}
