/// One sub-layer below `layers.N`: what kind it is, and what stands around it.
struct InferredBlock {
  enum Kind { case attention, feedForward, unknown }

  /// Everything below `layers.N`.
  let tree: TensorTree
  let kind: Kind
  /// The block itself, with every `fn.` taken off.
  let inner: TensorTree
  /// Wrappers without parameters outside of LayerScale, or all where there is none.
  let outerWrapperCount: Int
  /// Wrappers without parameters inside of LayerScale.
  let innerWrapperCount: Int
  /// LayerScale: with a gain, or with one that depends on a condition.
  let hasLayerScale: Bool, hasAdaptiveScale: Bool

  init(_ tree: TensorTree) {
    self.tree = tree
    var inner = tree.below("1")
    var (outer, within) = (0, 0)
    var (hasScale, isAdaptive) = (false, false)
    while inner.has("fn") {
      if inner["g"] != nil {
        // ReZero's factor.
      } else if inner["gamma"] != nil || inner.has("to_gamma") {
        hasScale = inner["gamma"] != nil
        isAdaptive = !hasScale
      } else if hasScale || isAdaptive {
        within += 1
      } else {
        outer += 1
      }
      inner = inner.below("fn")
    }
    self.inner = inner
    (outerWrapperCount, innerWrapperCount) = (outer, within)
    (hasLayerScale, hasAdaptiveScale) = (hasScale, isAdaptive)
    if ["to_q", "to_k", "to_v", "to_out", "to_latent_q"].contains(where: inner.has) {
      kind = .attention
    } else {
      kind = inner.has("ff") || inner.has("net") ? .feedForward : .unknown
    }
  }

  /// All wrappers without parameters.
  var wrapperCount: Int { outerWrapperCount + innerWrapperCount }

  /// Whether it is wrapped in a factor for each feature.
  var isScaled: Bool { hasLayerScale || hasAdaptiveScale }

  /// Features of the model, from the first projection's input.
  var dimension: Int? {
    let projections = [
      "to_latent_q.weight", "to_q.weight", "ff.0.0.weight", "ff.0.proj.weight", "net.0.0.weight",
      "net.0.proj.weight",
    ]
    return projections.compactMap { inner[$0] }.first?.last
  }

  /// Features of what keys and values are made of.
  var contextDimension: Int? {
    let projections = ["to_latent_kv.weight", "to_k.weight", "to_v.weight"]
    return projections.compactMap { inner[$0] }.first?.last ?? dimension
  }

  /// Whether norm 0, 1 or 2 is there; before 0.21 there was one, without a number.
  func hasNorm(_ number: Int) -> Bool {
    tree.has("0.\(number)") || (number == 0 && isSingleNorm)
  }

  /// Whether the norm stands at `0.` itself.
  var isSingleNorm: Bool { ["0.weight", "0.g", "0.gamma"].contains { tree[$0] != nil } }

  /// The first norm there is.
  var anyNorm: TensorTree? {
    if isSingleNorm { return tree.below("0") }
    return (0...2).first { tree.has("0.\($0)") }.map { tree.below("0.\($0)") }
  }
}
