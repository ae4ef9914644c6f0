/// x-transformers' `ViTransformerWrapper`: an image in, class logits out.
public struct ViTransformerWrapper: Sendable {
  /// Norm of a patch's pixels, projection, norm.
  public let patchNorm: Norm
  /// From `channels · patch²` to `dim`.
  public let patchProjection: Linear
  /// See `patchNorm`.
  public let embeddingNorm: Norm
  /// Shape `[1, patches, dim]`.
  public let positions: Parameter
  /// Put behind the patches and taken away again, shape `[r, dim]`.
  public let registerTokens: Parameter?
  /// The norm of the sum.
  public let postEmbeddingNorm: Norm?
  /// The stack.
  public let layers: AttentionLayers
  /// From the mean over patches to the classes; nil to return the mean.
  public let head: Linear?
  /// Pixels along an edge of a patch.
  public let patchSize: Int

  /// The wrapper at `scope`.
  init(
    _ scope: ParameterScope, _ configuration: ModuleConfiguration, path: String, dialect: Dialect
  ) throws(GraphError) {
    let arguments = try Arguments(configuration, path: path, dialect: dialect)
    layers = try AttentionLayers(
      scope.child("attn_layers"), arguments.module("attn_layers"),
      path: path.isEmpty ? "attn_layers" : "\(path).attn_layers", dialect: dialect)
    let dimension = layers.dimension
    let imageSize = try arguments.int("image_size")
    let patchSize = try arguments.int("patch_size")
    let channels = try arguments.int("channels")
    guard (1...65_536).contains(imageSize), (1...4_096).contains(patchSize),
      (1...65_536).contains(channels), imageSize.isMultiple(of: patchSize)
    else {
      throw .impossible(path: path, reason: "patch_size must divide image_size")
    }
    self.patchSize = patchSize
    let sides = imageSize / patchSize
    positions = scope.parameter(
      "pos_embedding", [1, sides * sides, dimension], .normal(standardDeviation: 1))
    let registerCount = try arguments.int("num_register_tokens")
    registerTokens =
      registerCount > 0
      ? scope.parameter(
        "register_tokens", [registerCount, dimension], .normal(standardDeviation: 1)) : nil
    let pixels = channels * patchSize * patchSize
    let patches = scope.child("patch_to_embedding")
    patchNorm = Norm.plainLayerNorm(patches.child("0"), pixels, dialect: dialect)
    patchProjection = Linear(patches.child("1"), pixels, dimension, hasBias: true)
    embeddingNorm = Norm.plainLayerNorm(patches.child("2"), dimension, dialect: dialect)
    postEmbeddingNorm =
      try arguments.bool("post_emb_norm")
      ? Norm.plainLayerNorm(scope.child("post_emb_norm"), dimension, dialect: dialect) : nil
    head = try arguments.optionalInt("num_classes").map { count in
      Linear(scope.child("mlp_head"), dimension, count, hasBias: true)
    }
  }
}
