/// How an attention's features are split.
struct InferredHeads {
  /// Query heads.
  let count: Int
  /// Features of a query's or key's head.
  let width: Int
}

extension ConfigurationInference {
  /// Heads and their features: only products are in the shapes, unless something has one number a head.
  mutating func heads(
    _ tree: TensorTree, _ attentions: [InferredBlock], path: String
  ) -> InferredHeads? {
    guard let block = attentions.map(\.inner).first(where: { $0.has("to_q") }),
      let queries = block["to_q.weight"]?.first, queries > 0
    else { return nil }
    func split(_ count: Int) -> InferredHeads {
      InferredHeads(count: max(1, count), width: max(1, queries / max(1, count)))
    }
    for name in ["heads", "attn_dim_head"] {
      guard let given = answer(path + name)?.positive else { continue }
      if !queries.isMultiple(of: given) {
        contradict(
          "\(path)\(name)=\(given) does not divide the \(queries) rows of '\(block.prefix)to_q.weight'"
        )
      }
      return split(name == "heads" ? given : queries / given)
    }
    let told = attentions.lazy.compactMap { Self.headCount($0.inner) }.first
    if let count = told ?? Self.headCount(ofPositions: tree) { return split(count) }
    // From 2.17 on a single head has no output projection, unless it is gated.
    guard attentions.contains(where: { $0.inner.has("to_out") }) else { return split(1) }
    let fitting = HeadCandidates(
      attentions.map(\.inner), pairs: tree["rotary_pos_emb.inv_freq"]?.first, dialect: dialect)
    let candidates = Self.gateCounts(block, among: fitting.counts) ?? fitting.counts
    guard let count = candidates.first else { return split(1) }
    if candidates.count > 1 {
      ask(
        path + "heads", candidates.prefix(12).map(String.init),
        "only heads × attn_dim_head = \(queries) is in the shapes")
    }
    return split(count)
  }

  /// The number of heads, where a tensor has one entry for each, or one for each feature of a head.
  private static func headCount(_ block: TensorTree) -> Int? {
    if let shape = block["scale"], shape.count == 4 { return shape[1] }
    if let shape = block["qk_norm_q_scale"], shape.count == 3 { return shape[0] }
    if let shape = block["head_scale_params"], shape.count == 4 { return shape[1] }
    let firsts = [
      "q_rmsnorm.gamma", "value_rmsnorm.gamma", "to_v_head_gate.weight",
      "attend.head_attn_sink", "attend.pre_softmax_talking_heads.weight",
      "attend.post_softmax_talking_heads.weight", "attend.pre_scale_post_talking_heads.weight",
      "pre_softmax_talking_heads.weight", "post_softmax_talking_heads.weight",
      "attend.cope.talking_heads.weight",
    ]
    if let count = firsts.lazy.compactMap({ block[$0]?.first }).first { return count }
    // Before 1.42.16 one amount mixed the values of all heads.
    if let rows = block["to_value_residual_mix.0.weight"]?.first, rows > 1 { return rows }
    if let rows = block["rel_proj_pos_bias.to_distance_weights.0.weight"]?.first,
      let basis = block["rel_proj_pos_bias.distance_bank"]?.first, basis > 0
    {
      return rows / basis
    }
    let widths = ["k_rmsnorm.gamma", "mem_k", "qk_norm_q_scale", "attend.cope.pos_emb"]
    if let width = widths.lazy.compactMap({ block[$0]?.last }).first, width > 0,
      let queries = block["to_q.weight"]?.first
    {
      return queries / width
    }
    return headwiseGateCount(block)
  }

  /// Gates of one number a head have as many rows; others have as many as there are attended features.
  private static func headwiseGateCount(_ block: TensorTree) -> Int? {
    guard let attended = attendedWidth(block) else { return nil }
    for name in ["to_v_gate.weight", "to_output_gate.weight"] {
      if let rows = block[name]?.first, isHeadwise(rows, of: attended) { return rows }
    }
    return nil
  }

  /// Values that are projected twice are attended features twice as many as a gate's rows.
  static func isHeadwise(_ rows: Int, of attended: Int) -> Bool {
    rows < attended && 2 * rows != attended
  }

  /// Features that the heads give together.
  static func attendedWidth(_ block: TensorTree) -> Int? {
    if let gate = block["to_output_gate.weight"] ?? block["to_output_gate.down.weight"] {
      return gate.last
    }
    return (block["to_out.weight"] ?? block["to_out.0.weight"])?.last
  }

  private static func headCount(ofPositions tree: TensorTree) -> Int? {
    if let table = tree["rel_pos.relative_attention_bias.weight"] { return table.last }
    if let last = tree.below("rel_pos.mlp").numberedChildren.last {
      return tree["rel_pos.mlp.\(last).weight"]?.first
    }
    if let slopes = tree["rel_pos.learned_logslopes"] { return slopes.first { $0 > 1 } }
    return tree["polar_pos_emb.learned_bias"]?.first
  }

  /// Forget gates have one row a head in causal stacks and two in others; by rows, two of some features.
  private static func gateCounts(_ block: TensorTree, among counts: [Int]) -> [Int]? {
    let gates = block.below("data_dependent_alibi.to_forget_gates.0")
    guard let rows = gates["weight"]?.first else { return nil }
    let fitting = counts.filter { count in
      gates["bias"] == nil ? rows.isMultiple(of: 2 * count) : rows == count || rows == 2 * count
    }
    let likely = gates["bias"] == nil ? rows / 16 : rows
    return fitting.filter { $0 == likely } + fitting.filter { $0 != likely }
  }
}

/// Numbers of heads that fit the shapes of all attentions, the likeliest first.
private struct HeadCandidates {
  var counts: [Int] = []

  init(_ attentions: [TensorTree], pairs: Int?, dialect: Dialect) {
    guard let first = attentions.first(where: { $0.has("to_q") }),
      let queries = first["to_q.weight"]?.first
    else { return }
    let allowsSingle = first.has("to_out.0") || dialect.singleHeadProjectsOutput
    // By default half of a head's features are turned, or all; else heads have 64.
    let likely = pairs.map { [4 * $0, 2 * $0] } ?? []
    let usual = [64, 32, 128, 96, 48, 80, 16, 8, 256, 24, 40, 12, 4]
    for width in likely + usual + Array((1...Self.greatestWidth).reversed())
    where width > 0 && queries.isMultiple(of: width) {
      let count = queries / width
      guard count > (allowsSingle ? 0 : 1), !counts.contains(count),
        width >= 2 * (pairs ?? 0) - 1 || dialect < Dialect(1, 42, 18),
        attentions.allSatisfy({ Self.fits($0, count: count, width: width) })
      else { continue }
      counts.append(count)
    }
  }

  private static func fits(_ block: TensorTree, count: Int, width: Int) -> Bool {
    let rotated = block["to_rotateable_k.weight"]?.first ?? 0
    guard let stored = block["to_k.weight"]?.first else { return true }
    let keys = stored + rotated
    guard keys >= width, keys.isMultiple(of: width), count.isMultiple(of: keys / width) else {
      return false
    }
    return block["to_v.weight"]?.first?.isMultiple(of: keys / width) ?? true
  }

  // Wider heads are not in use.
  private static let greatestWidth = 512
}
