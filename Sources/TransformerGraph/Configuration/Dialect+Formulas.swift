// Where the releases' arithmetic differs. Each range was found by comparing the released sources one by one, and
// the formulas by running models of the releases.

extension Dialect {
  /// Whether learned absolute positions are scaled by `emb_dim^-0.5`; a bug of 0.24.0 left it out.
  public var scalesAbsolutePositions: Bool { self != Dialect(0, 24, 0) }

  /// Whether tied logits are multiplied by a scale, `tie_embedding_scale`.
  public var scalesTiedLogits: Bool { self >= Dialect(2, 30, 5) }

  /// The scale of tied logits where the configuration does not give one.
  public func defaultTieScale(dimension: Int) -> Double {
    scalesTiedLogits ? 1 / Double(dimension).squareRoot() : 1
  }

  /// Whether `ScaleNorm` multiplies by `sqrt(dim)`: not from 0.33.1 to 1.27.19.
  public var scaleNormHasDimensionScale: Bool {
    self < Dialect(0, 33, 1) || self >= Dialect(1, 27, 20)
  }

  /// Whether the gain of `LayerScale` is stored less one; 1.31.1 to 1.31.7 initialised it so, and did not add it.
  public var layerScaleHasUnitOffset: Bool { self >= Dialect(1, 31, 8) }

  /// Whether `pre_norm_has_final_norm=False` is obeyed; before 2.5.6 it was accepted and forgotten.
  public var obeysFinalNormFlag: Bool { self >= Dialect(2, 5, 6) }

  /// Whether a float `scale_residual` multiplies the output of each block too (from 2.31.2 on).
  public var numericResidualScalesBranch: Bool { self >= Dialect(2, 31, 2) }

  /// Whether `depth_scale_residual=True` multiplies the output of each block by `depth^-0.5` (2.29.3 to 2.31.1);
  /// later it scales initial weights.
  public var depthScalesBranch: Bool { self >= Dialect(2, 29, 3) && self < Dialect(2, 31, 2) }

  /// Whether the average pool of `ContinuousTransformerWrapper` takes the mean over the features too: a mistake of
  /// 1.42.11 to 2.28.6.
  public var poolsFeatures: Bool { self >= Dialect(1, 42, 11) && self < Dialect(2, 28, 7) }

  /// Whether `dynamic_pos_bias` has SiLU between its layers; before 1.6.4 it had ReLU.
  public var dynamicBiasHasSiLU: Bool { self >= Dialect(1, 6, 4) }
}

// Rotary positions.
extension Dialect {
  /// Whether the rotary embedding turns the values too.
  public var rotatesValues: Bool { self < Dialect(1, 20, 0) }

  /// Whether rotary pairs are neighbours `(2j, 2j+1)`; before, they were `(j, j + r/2)`.
  public var rotatesInterleavedPairs: Bool { self >= Dialect(1, 30, 1) }

  /// Rotated dimensions of each head; `given` is `rotary_emb_dim`.
  ///
  /// Before 1.42.18 at least 32, whatever was given, so that narrower heads could not be run.
  public func rotaryDimension(given: Int?, headDimension: Int) -> Int {
    let dimension = given ?? headDimension / 2
    return self < Dialect(1, 42, 18) ? max(dimension, 32) : dimension
  }
}

// Normalised queries and keys.
extension Dialect {
  /// The scale of `qk_norm` similarities where none is given.
  public var defaultQKNormScale: Double { self < Dialect(1, 0, 4) ? 1 : 10 }

  /// How the learned temperature of normalised queries and keys is read; nil where the scale is a constant.
  public var queryKeyTemperature: Attention.Temperature? {
    if self < Dialect(0, 30, 0) { return .inverseExponential }
    return self < Dialect(0, 31, 0) ? .sigmoid(maximum: 20) : nil
  }

  /// Whether queries and keys are normalised after their rotation, with the memories (before 1.9.0).
  public var normalizesAfterRotation: Bool { self < Dialect(1, 9, 0) }

  /// Whether `qk_norm` scales queries and keys too: a bug of 2.17.1 to 2.25.4, where the cosine is multiplied by
  /// the scale three times, and learned scales are ignored but for the memories'.
  public var multipliesQKNormScaleThrice: Bool {
    self >= Dialect(2, 17, 1) && self < Dialect(2, 25, 5)
  }

  /// Whether learned `qk_norm` scales replace the constant one by `dim_head^-0.5`.
  public var dimensionScalesReplaceQKNormScale: Bool { self >= Dialect(2, 25, 5) }

  /// Whether learned scales make the constant one 1 (1.9.0 and 1.9.1).
  public var dimensionScalesReplaceQKNormScaleByOne: Bool {
    self >= Dialect(1, 9, 0) && self < Dialect(1, 9, 2)
  }

  /// Whether memory keys are multiplied by the keys' learned scale; 1.9.0 only normalised them.
  public var scalesMemoryKeys: Bool { self != Dialect(1, 9, 0) }

  /// Whether memory keys are normalised in groups as keys are; from 1.9.0 to 2.25.4 they were as a whole.
  public var normalizesMemoryKeysInGroups: Bool {
    self < Dialect(1, 9, 0) || self >= Dialect(2, 25, 5)
  }

  /// Whether fused attention (`attn_flash`) divided by the scale of `qk_norm` instead of multiplying by it.
  public var fusedAttentionInvertsQKNormScale: Bool { self < Dialect(1, 22, 23) }

  /// Whether fused attention excludes residual attention; before 1.16.7 it was accepted, and carried no logits.
  public var fusedAttentionExcludesResidual: Bool { self >= Dialect(1, 16, 7) }

  /// Whether fused attention took the mask for its opposite.
  public var fusedAttentionInvertsMask: Bool { self < Dialect(1, 16, 15) }
}

// The attention's logits.
extension Dialect {
  /// Whether mixed heads (`attn_pre_talking_heads`) are added to the logits; before 1.39.0 they replaced them.
  public var addsTalkingHeads: Bool { self >= Dialect(1, 39, 0) }

  /// Whether each head's queries always get the output of the head before: a mistake of 1.16.1 to 1.16.4.
  public var alwaysCascadesHeads: Bool { self >= Dialect(1, 16, 1) && self < Dialect(1, 16, 5) }

  /// Which logits residual attention carries to the next layer.
  public var carriedLogits: Attention.CarriedLogits {
    if self < Dialect(1, 10, 0) { return .products }
    return self < Dialect(1, 18, 2) ? .biased : .masked
  }

  /// Whether logits are clamped after the mask, so that masked keys get `-c`; so in 1.30.3 to 1.31.4.
  public var clampsMaskedLogits: Bool { self < Dialect(1, 31, 5) }

  /// How memory keys and values in front take part in positions.
  public var memoryPositions: Attention.MemoryPositions {
    if self < Dialect(1, 0, 2) { return .shiftKeys }
    return self < Dialect(1, 28, 0) ? .counted : .none
  }

  /// Whether a masked query attends to everything equally; from 1.4.0 on its output is zero.
  public var maskedQueriesAttendToAll: Bool { self < Dialect(1, 4, 0) }

  /// Whether a query all of whose keys are masked gets nothing; before 1.32 it got their mean.
  public var clearsEmptyRows: Bool { self >= Dialect(1, 32, 0) }

  /// Whether cross-attention without a mask of the context takes the input's (1.4.0 to 1.17.1).
  public var masksContextByInput: Bool { self >= Dialect(1, 4, 0) && self < Dialect(1, 17, 2) }

  /// What `alibi_pos_bias` adds to a causal stack, or to another one.
  public func alibiForm(isCausal: Bool) -> RelativePosition.AlibiForm {
    if self >= Dialect(0, 28, 1) { return .negativeDistance }
    return isCausal ? .signedDistance : .positiveDistance
  }

  /// Whether ALiBi's slopes are always learned in stacks that are not causal (before 0.28.2).
  public var learnsBidirectionalSlopes: Bool { self < Dialect(0, 28, 2) }

  /// Whether cross-attention mixes values by a learned amount (1.42.14 to 1.42.24); else they are averaged.
  public var learnsCrossValueMix: Bool {
    self >= Dialect(1, 42, 14) && self < Dialect(1, 42, 25)
  }

  /// Whether values of the first layer are added to later ones; from 1.42.3 on the two are averaged or mixed.
  public var addsValueResiduals: Bool { self < Dialect(1, 42, 3) }

  /// How `resi_dual` joins its two streams.
  public var dualResidual: AttentionLayers.DualResidualForm {
    if self < Dialect(1, 15, 2) { return .atEachLayer }
    return self < Dialect(1, 16, 4) ? .byResidual : .bySum
  }
}
