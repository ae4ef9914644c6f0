internal import TransformerGraph

/// What the layers of one pass share.
struct PassState {
  /// Which tokens are there; nil: all.
  var mask: Mask?
  /// What cross-attention attends to, and which of it is there.
  var context: Activations?
  /// See `context`.
  var contextMask: Mask?
  /// Keys that each query may see, beyond the causal rule: `prefix_attn_len` of a PrefixDecoder.
  var prefixLength = 0
  /// Whether the mask is a PrefixDecoder's: causal, but for the prefix.
  var isPrefixDecoder = false
  /// Whether the stack is a causal one.
  var isCausalStack = false
  /// Whether logits of self- and cross-attention are carried to the next layer.
  var carriesLogits = false
  /// See `carriesLogits`.
  var carriesCrossLogits = false
  /// Whether the first layer's values are mixed into the later ones'.
  var addsValueResidual = false
  /// The condition as it was given, and as the adaptive norms and scales are told it, `[b, 1 or n, c]`.
  var givenCondition: Activations?
  /// See `givenCondition`.
  var condition: Activations?
  /// What is added to the input of each block.
  var injection: Activations?
  /// The input of each run of a layer so far, where skip connections need them.
  var skipInputs: [Activations] = []
  /// What each block so far was made of, where inputs are integrated.
  var blockInputs: [Activations] = []
  /// Factors for the outputs of the feed-forward blocks to come.
  var deepFactors: ArraySlice<Activations> = []
  /// Polar positions; nil where there are none.
  var polar: PolarTable?
  /// Biases by distance; nil where there is none.
  var bias: DistanceBias?
  /// Sinusoids of the positions, `[1, n, d]`, where they are infused into queries and keys.
  var infusedPositions: Activations?
  /// Rotary positions; nil where there are none.
  var rotary: RotaryTable?
  /// Logits of the previous self-attention and cross-attention, `[b, h, i, j]`, where they are carried on.
  var logits: [Float]?
  /// See `logits`.
  var crossLogits: [Float]?
  /// Values of the first self-attention and cross-attention, where they are mixed into later ones.
  var firstValues: Activations?
  /// See `firstValues`.
  var firstCrossValues: Activations?
  /// Whether only the logits of each sequence's last token are wanted.
  var givesLastOnly = false
  /// Keys and values of earlier tokens, by attention in order of execution; nil where nothing is cached.
  var cache: KeyValueCache?
}

/// Which positions of a batch of sequences are there, shape `[batch, length]`.
struct Mask {
  var values: [Bool]
  let batch: Int
  let length: Int

  /// The positions of one sequence.
  func row(_ item: Int) -> ArraySlice<Bool> { values[(item * length)..<((item + 1) * length)] }

  /// The mask with `count` positions in front that are there.
  func padded(by count: Int) -> Mask {
    let front = [Bool](repeating: true, count: count)
    return Mask(
      values: (0..<batch).flatMap { front + row($0) }, batch: batch, length: length + count)
  }
}
