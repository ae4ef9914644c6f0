/// One sub-layer below `layers.N`: what kind it is, and what stands around it.
struct InferredBlock {
  enum Kind { case attention, feedForward, unknown }

  let tree: TensorTree
  let kind: Kind
  /// The block itself, with every `fn.` taken off.
  let inner: TensorTree
  /// How many `fn.` there are around it.
  let wrapperCount: Int
  /// Whether LayerScale's gain is there.
  let hasLayerScale: Bool

  init(_ tree: TensorTree) {
    self.tree = tree
    var inner = tree.below("1")
    var count = 0
    var hasScale = inner["gamma"] != nil
    while inner.has("fn") {
      inner = inner.below("fn")
      count += 1
      hasScale = hasScale || inner["gamma"] != nil
    }
    self.inner = inner
    wrapperCount = count
    hasLayerScale = hasScale
    if inner.has("to_q") || inner.has("to_latent_q") {
      kind = .attention
    } else {
      kind = inner.has("ff") || inner.has("net") ? .feedForward : .unknown
    }
  }

  /// Features of the model, from the first projection's input.
  var dimension: Int? {
    let projections = [
      "to_latent_q.weight", "to_q.weight", "ff.0.0.weight", "ff.0.proj.weight", "net.0.0.weight",
      "net.0.proj.weight",
    ]
    return projections.compactMap { inner[$0] }.first?.last
  }

  /// Features of what keys are made of.
  var contextDimension: Int? {
    (inner["to_latent_kv.weight"] ?? inner["to_k.weight"])?.last ?? dimension
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
