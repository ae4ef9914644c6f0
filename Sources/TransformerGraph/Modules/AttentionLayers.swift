/// x-transformers' `AttentionLayers`: the stack that `Encoder`, `Decoder` and their kin are.
public struct AttentionLayers: Sendable {
  /// Features of each token.
  public let dimension: Int
  /// Query heads of each attention.
  public let headCount: Int
  /// Features of a head of the first attention, for the positions.
  public let headDimension: Int
  /// Which of the constructors.
  public let kind: Kind
  /// Whether the stack was made causal (a `Decoder`).
  public let isCausal: Bool
  /// The sub-layers, in the order in which they are stored.
  public let layers: [Layer]
  /// The order in which they are run, as positions in `layers`; a layer may run several times.
  public let executionOrder: [Int]
  /// The second stream of `resi_dual` (before 2.0); nil where there is none.
  public let dualResidual: DualResidual?
  /// The norm at the end; nil where there is none.
  public let finalNorm: Norm?
  /// Rotary positions.
  public let rotary: RotaryEmbedding?
  /// Sinusoids added to what queries and keys of self-attention are made of, radians per position, shape `[d / 2]`
  /// (`position_infused_attn`, before 1.6).
  public let infusedFrequencies: Parameter?
  /// A bias by distance.
  public let relativePosition: RelativePosition?
  /// Polar positions.
  public let polar: PolarEmbedding?
  /// What is added to each stream at the start, shape `[streams, d]`; nil for a single stream.
  public let streamEmbedding: Parameter?
  /// What makes of the stack's input what is added to the input of each block.
  public let reinjection: Linear?
  /// To a gate on what is added, followed by a sigmoid.
  public let reinjectionGate: Linear?
  /// What the adaptive norms and scales are told.
  public let condition: Condition?
  /// Whether the stack must be given a context.
  public let attendsContext: Bool
  /// Whether each self-attention's logits are added to the next one's, and the same for cross-attention.
  public let carriesLogits: Bool, carriesCrossLogits: Bool
  /// Whether values of the first self-attention are mixed into the later ones'.
  public let addsValueResidual: Bool
  /// `c · tanh(x / c)` before the final norm.
  public let outputSoftclamp: Double?
  /// Whether a wrapper around these layers has no absolute positions.
  public let disablesAbsolutePositions: Bool
  /// Options whose weights are carried and whose forward pass is not built.
  public let carried: CarriedParameters

  /// The condition of adaptive norms and scales.
  public struct Condition: Sendable {
    /// Its features.
    public let dimension: Int
    /// A projection of it, followed by SiLU.
    public let projection: Linear?
  }

  /// The constructors that make such a stack.
  public enum Kind: String, Sendable {
    case encoder = "Encoder"
    case decoder = "Decoder"
    case prefixDecoder = "PrefixDecoder"
    case crossAttender = "CrossAttender"
    case attentionLayers = "AttentionLayers"
  }
}

extension AttentionLayers {
  /// ResiDual's second stream (arXiv 2304.14802): the sum of all outputs, which no norm stands in.
  public struct DualResidual: Hashable, Sendable {
    /// How it joins the first.
    public let form: DualResidualForm
    /// A factor on what is summed.
    public let scale: Double
  }

  /// How ResiDual's streams are joined.
  public enum DualResidualForm: Sendable {
    /// Normalised by each layer's first norm and added behind each layer (1.14.0 to 1.15.1).
    case atEachLayer
    /// Grown by the layer's own residual; normalised by the last norm and added at the end.
    case byResidual
    /// Grown by a plain sum; normalised by the last norm and added at the end (from 1.16.4 on).
    case bySum
  }

  /// One sub-layer: norms, block, residual.
  public struct Layer: Sendable {
    /// What the sub-layer computes.
    public enum Block: Sendable {
      case attention(Attention)
      case crossAttention(Attention)
      case feedForward(FeedForward)
    }

    /// The norm before the block.
    public let preNorm: Norm?
    /// The norm on the block's output (`sandwich_norm`).
    public let branchNorm: Norm?
    /// The norm after the residual (`pre_norm=False`, `pre_and_post_norm`).
    public let postNorm: Norm?
    /// The block.
    public let block: Block
    /// The factors on the block's output: macaron's half and a float `scale_residual`.
    public let branchScale: Double
    /// LayerScale's gain, shape `[d]`, and what is added to it.
    public let layerScale: Parameter?
    /// See `layerScale`.
    public let layerScaleOffset: Double
    /// A factor on the block's output, shape `[1]` (`use_rezero`, before 0.27).
    public let zeroScale: Parameter?
    /// The projection of the condition to the gain of the block's output, followed by a sigmoid.
    public let adaptiveScale: Linear?
    /// What an earlier input is joined with this layer's input by.
    public let skip: SkipConnection?
    /// What makes the input of all earlier ones.
    public let integrator: LayerIntegrator?
    /// How many positions of tokens are shifted into the block's input.
    public let shiftedTokenCount: Int
    /// The residual.
    public let residual: Residual
  }
}

/// x-transformers' `ConcatCombine`: a U-net's skip connection.
public struct SkipConnection: Sendable {
  /// From the earlier input and the own one, `2 · d` features, to `d`.
  public let combine: Linear
  /// Which run of a layer the earlier input is of, counted from 0.
  public let source: Int
}

/// x-transformers' `PolarEmbedding` (arXiv 2509.10534): lengths by softplus, angles by position.
public struct PolarEmbedding: Sendable {
  /// Radians per position, shape `[dh]`.
  public let inverseFrequencies: Parameter
  /// Added to the angles of keys, shape `[H, 1, dh]`, clamped to `−2π … 0`.
  public let learnedBias: Parameter
}
