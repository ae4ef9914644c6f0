internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

extension TensorMigration {
  mutating func pair(_ a: Model, _ b: Model) throws(FormatError) {
    switch (a, b) {
    case (.transformer(let a), .transformer(let b)): try pair(a, b, isEncoder: false)
    case (.continuous(let a), .continuous(let b)): try pair(a, b)
    case (.vision(let a), .vision(let b)): try pair(a, b)
    case (.layers(let a), .layers(let b)): try pair(a, b, endNorms: (nil, nil))
    case (.encoderDecoder(let encoder, let decoder), .encoderDecoder(let e, let d)):
      try pair(encoder, e, isEncoder: true)
      try pair(decoder, d, isEncoder: false)
    case (.wrapped(let a, by: _, carried: _), .wrapped(let b, by: _, carried: _)):
      try pair(a, b)
    default: notes.refuse("", "another kind of model would come of it")
    }
  }

  private mutating func pair(
    _ a: TransformerWrapper, _ b: TransformerWrapper, isEncoder: Bool
  ) throws(FormatError) {
    let isShared = made[ObjectIdentifier(b.tokenEmbedding.weight)] != nil
    if !isShared { pair(a.tokenEmbedding.weight, b.tokenEmbedding.weight) }
    try positions(a.positionalEmbedding, b.positionalEmbedding)
    for (x, y) in zip(a.namedEmbeddings, b.namedEmbeddings) { pair(x.weight, y.weight) }
    try embeddingNorm(
      a.postEmbeddingNorm, b.postEmbeddingNorm, projection: (a.projectEmbedding, b.projectEmbedding)
    )
    try pair(a.projectEmbedding, b.projectEmbedding, "project_emb")
    try pair(a.memoryTokens, b.memoryTokens)
    try pair(a.classTokens, b.classTokens)
    try pair(a.layers, b.layers, endNorms: (a.wrapperNorm, b.wrapperNorm))
    try head(a, b, isEncoder: isEncoder)
  }

  private mutating func pair(
    _ a: ContinuousTransformerWrapper, _ b: ContinuousTransformerWrapper
  ) throws(FormatError) {
    try pair(a.projectIn, b.projectIn, "project_in")
    try pair(a.projectOut, b.projectOut, "project_out")
    try positions(a.positionalEmbedding, b.positionalEmbedding)
    try embeddingNorm(a.postEmbeddingNorm, b.postEmbeddingNorm, projection: (nil, nil))
    try pair(a.memoryTokens, b.memoryTokens)
    try pair(a.layers, b.layers, endNorms: (a.wrapperNorm, b.wrapperNorm))
  }

  private mutating func pair(
    _ a: ViTransformerWrapper, _ b: ViTransformerWrapper
  ) throws(FormatError) {
    try embeddingNorm(
      a.patchNorm, b.patchNorm, projection: (a.patchProjection, b.patchProjection))
    try pair(a.patchProjection, b.patchProjection)
    try norm(a.embeddingNorm, b.embeddingNorm)
    pair(a.positions, b.positions)
    try pair(a.registerTokens, b.registerTokens)
    try embeddingNorm(a.postEmbeddingNorm, b.postEmbeddingNorm, projection: (nil, nil))
    try pair(a.layers, b.layers, endNorms: (nil, nil))
    try pair(a.head, b.head, "mlp_head")
  }

  /// A norm whose bias may be moved into the projection behind it.
  private mutating func embeddingNorm(
    _ a: Norm?, _ b: Norm?, projection: (Linear?, Linear?)
  ) throws(FormatError) {
    if let a, let b, b.bias == nil, let bias = a.bias, let linear = projection.0,
      let place = projection.1?.bias
    {
      try move(bias, through: linear, into: place)
      try norm(a, b, takesBias: false)
    } else {
      try norm(a, b)
    }
  }

  /// Absolute positions: 0.24.0 did not scale their rows.
  private mutating func positions(
    _ a: PositionalEmbedding?, _ b: PositionalEmbedding?
  ) throws(FormatError) {
    switch (a, b) {
    case (.absolute(let x, let scale, _)?, .absolute(let y, let other, _)?):
      give(
        y, x.tensor.scaled(by: scale / other, formula: "\(scale / other) · pos_emb.emb.weight"),
        from: x)
    case (.scaledSinusoidal(let x)?, .scaledSinusoidal(let y)?): pair(x, y)
    case (nil, nil): break
    default: notes.refuse("pos_emb", "would be of another kind")
    }
  }

  private mutating func head(
    _ a: TransformerWrapper, _ b: TransformerWrapper, isEncoder: Bool
  ) throws(FormatError) {
    switch (a.head, b.head) {
    case (.linear(let x), .linear(let y)) where x.count == y.count:
      for (x, y) in zip(x, y) { try pair(x, y) }
    case (.factored(let x, let y), .factored(let u, let v)):
      try pair(x, u)
      try pair(y, v)
    case (.tied, .tied), (.embeddings, .embeddings): break
    case (.tied(let scale), .linear(let heads)) where heads.count == 1:
      let table = a.tokenEmbedding.weight
      let rows =
        scale == 1
        ? table.tensor.detached
        : table.tensor.scaled(by: scale, formula: "\(scale) · token_emb.emb.weight")
      give(heads[0].weight, rows, from: table)
      try pair(nil, heads[0].bias)
    case (.linear, .embeddings) where isEncoder:
      notes.note("the encoder's head, which is not used, is left out")
    case (.embeddings, .linear(let heads)) where isEncoder:
      for head in heads {
        try pair(nil, head.weight)
        try pair(nil, head.bias)
      }
      notes.note("the encoder gets a head of zeros, which is not used")
    default: notes.refuse("to_logits", "would be of another kind")
    }
  }
}
