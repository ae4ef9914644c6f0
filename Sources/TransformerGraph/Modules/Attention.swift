/// x-transformers' `Attention`: self- or cross-attention with all the options that shape its weights.
///
/// Shape alphabet: `H` query heads, `KV` key heads, `dh` features of a query or key head, `dv` of a value head,
/// `d` the model's, `dk` the context's.
public struct Attention: Sendable {
  /// Narrow projections in front of the others.
  public let latents: LatentProjections
  /// Shape `[H·dh, d]`.
  public let toQuery: Linear
  /// Shape `[KV·dh, dk]`.
  public let toKey: Linear
  /// Shape `[KV·dv, dk]`; nil where keys serve as values (`attn_shared_kv`, before 2.0).
  public let toValue: Linear?
  /// A factor on what was attended to, less one, from the input (`attn_tensor_product`, before 2.0).
  public let toRelation: Linear?
  /// Shape `[d, H·dv]`, or `[2·d, H·dv]` with attention on attention; nil for a single head.
  public let toOut: Linear?
  /// The sizes.
  public let heads: Heads
  /// Whether a query sees only keys up to its own position.
  public let isCausal: Bool
  /// Whether the output is gated by its own second half (`attn_on_attn`).
  public let isAttentionOnAttention: Bool
  /// How queries and keys are normalised.
  public let queryKeyNorm: QueryKeyNorm
  /// Gain of each head's RMSNorm of queries, shape `[H, 1, dh]`, stored less one.
  public let queryNormGain: Parameter?
  /// Gain of each head's RMSNorm of keys, shape `[KV, 1, dh]`, stored less one.
  public let keyNormGain: Parameter?
  /// Learned gain of normalised values, shape `[H, 1, dv]`, stored less one.
  public let valueNormGain: Parameter?
  /// Keys and values in front of all others, shape `[KV, n, dh]` each.
  public let memoryKeys: Parameter?
  /// See `memoryKeys`.
  public let memoryValues: Parameter?
  /// Whether a zero key and value stand in front.
  public let addsZeroKeyValue: Bool
  /// A logit for each head that takes attention and gives nothing, shape `[H]`.
  public let sink: Parameter?
  /// `c · tanh(logits / c)`.
  public let softclamp: Double?
  /// How far back a query sees, in positions.
  public let maxAttendPast: Int?
  /// The 1×1 convolutions over heads.
  public let talkingHeads: TalkingHeads
  /// The gates on the attended values.
  public let gates: AttentionGates
  /// A factor for each head's output, shape `[1, H, 1, 1]`.
  public let headScale: Parameter?
  /// The mix with the first layer's values: a projection to the heads, or to one number
  /// for all of them (before 1.42.16), followed by a sigmoid.
  public let valueResidualMix: Linear?
  /// How many heads are turned by rotary positions.
  public let rotatedHeadCount: Int
  /// Whether rotary positions turn the values too.
  public let rotatesValues: Bool
  /// How logits become attention.
  public let kernel: AttentionKernel
  /// Position biases of its own.
  public let bias: AttentionBias
  /// Whether queries, keys and values are made of three inputs.
  public let receivesViews: Bool
  /// Whether it runs on fused kernels (`attn_flash`), which some releases called with other operands.
  public let isFused: Bool
  /// The release, which its formulas ask.
  public let dialect: Dialect
  /// Options whose weights are carried and whose forward pass is not built.
  public let carried: CarriedParameters
}

extension Attention {
  /// How many heads, and how wide.
  public struct Heads: Hashable, Sendable {
    /// Query heads; query head `h` uses key head `h mod keyCount`.
    public let count: Int
    /// Key and value heads.
    public let keyCount: Int
    /// Features of a query or key head.
    public let dimension: Int
    /// Features of a value head.
    public let valueDimension: Int
  }

  /// How queries and keys are normalised before their product.
  public enum QueryKeyNorm: Sendable {
    case none
    /// Divided by their length in each of `groupCount` groups; the product is multiplied by `scale`.
    ///
    /// The learned scales have the shapes `[H, 1, dh]` and `[KV, 1, dh]`.
    case lengths(
      groupCount: Int, scale: Double, queryScale: Parameter?, keyScale: Parameter?)
    /// Divided by their length; the product is multiplied by a learned number for each head, shape `[1, H, 1, 1]`.
    case temperature(Parameter, Temperature)
  }

  /// How a learned temperature `t` is read.
  public enum Temperature: Hashable, Sendable {
    /// `1 / max(exp(t), 0.01)`, before 0.30.
    case inverseExponential
    /// `sigmoid(t) · maximum`, in 0.30.0; the maximum is `qk_norm_max_scale`.
    case sigmoid(maximum: Double)
  }

  /// Which logits residual attention carries to the next layer.
  public enum CarriedLogits: Sendable {
    /// The scaled products of queries and keys, before heads are mixed.
    case products
    /// With position biases.
    case biased
    /// As they go into the softmax.
    case masked
  }

  /// How memory keys and values in front take part in positions.
  public enum MemoryPositions: Sendable {
    /// They have none: no bias, always visible.
    case none
    /// They have the positions before the first token's.
    case counted
    /// Keys are counted from the first memory on, queries from the first token.
    case shiftKeys
  }

  /// Mixtures of heads, each of shape `[H, H, 1, 1]`.
  public struct TalkingHeads: Sendable {
    /// Added to the logits: `logits + mix(logits)`; before 1.39 it took their place.
    public let preSoftmax: Parameter?
    /// Applied to the attention.
    public let postSoftmax: Parameter?
    /// Applied to the logits, multiplied into the attention.
    public let preScalePost: Parameter?
  }

  /// Gates on what was attended to.
  public struct AttentionGates: Sendable {
    /// From the input, to `H·dv` features or to one for each head.
    public let toValueGate: LoRALinear?
    /// From what was attended to, to `H·dv` features or to one for each head; added to the other gate.
    public let toOutputGate: LoRALinear?
    /// Whether their sum goes through SiLU rather than sigmoid.
    public let isSwish: Bool
    /// From the input, one for each head: `sigmoid`.
    public let toHeadGate: Linear?
  }
}
