internal import TransformerGraph

/// What queries, keys and values are made of, `[b, n, d]` each; queries are of the block's own input.
struct AttentionInputs {
  let query: Activations
  let key: Activations
  let value: Activations

  /// Self-attention on the inputs that the residual streams give: one, or one for each.
  init(views: [Activations]) {
    query = views[0]
    key = views.count > 1 ? views[1] : views[0]
    value = views.count > 2 ? views[2] : views[0]
  }

  /// Attention from `x` to `source`.
  init(_ x: Activations, attendingTo source: Activations) {
    (query, key, value) = (x, source, source)
  }
}

/// The same behind the narrow projections of multi-latent attention.
struct LatentInputs {
  var query: Activations
  var key: Activations
  var value: Activations
  /// Keys that do not go through the narrow projection.
  var rotatedKeys: Activations?

  init(
    _ latents: LatentProjections, _ inputs: AttentionInputs, _ pass: ForwardPass
  ) throws(InferenceError) {
    (query, key, value) = (inputs.query, inputs.key, inputs.value)
    if let projection = latents.toLatentQuery { query = try pass.apply(projection, to: query) }
    guard let projection = latents.toLatentKeyValue else { return }
    if let toRotated = latents.toRotatedKey { rotatedKeys = try pass.apply(toRotated, to: key) }
    key = try pass.apply(projection, to: key)
    value = key
  }
}

extension Activations {
  /// The features of `other` behind these, token by token.
  func beside(_ other: Activations) -> Activations {
    var all: [Float] = []
    all.reserveCapacity(values.count + other.values.count)
    for row in 0..<rowCount {
      all += values[(row * width)..<((row + 1) * width)]
      all += other.values[(row * other.width)..<((row + 1) * other.width)]
    }
    return Activations(all, batch: batch, length: length, width: width + other.width)
  }
}
