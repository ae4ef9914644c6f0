#if canImport(Glibc)
internal import Glibc
#endif

extension LayerBuilder {
  func rotary(headDimension: Int) throws(GraphError) -> RotaryEmbedding? {
    let usesXPos = try arguments.bool("rotary_xpos")
    guard try arguments.bool("rotary_pos_emb") || usesXPos else { return nil }
    let rotated = dialect.rotaryDimension(
      given: try arguments.optionalInt("rotary_emb_dim"), headDimension: headDimension)
    // Old releases stored such frequencies, and failed when they ran.
    guard rotated >= 0, rotated <= headDimension || dialect < Dialect(1, 42, 18) else {
      throw .impossible(
        path: arguments.path,
        reason: "rotary_emb_dim \(rotated) must fit into the head dimension \(headDimension)")
    }
    guard try arguments.double("rotary_interpolation_factor") >= 1 else {
      throw .impossible(
        path: arguments.path, reason: "rotary_interpolation_factor must be 1 or more")
    }
    guard !usesXPos || isCausal else {
      throw .impossible(path: arguments.path, reason: "rotary_xpos needs a causal stack")
    }
    return RotaryEmbedding(
      scope.child("rotary_pos_emb"), dimension: rotated,
      baseRescaleFactor: try arguments.double("rotary_base_rescale_factor"),
      interpolationFactor: try arguments.double("rotary_interpolation_factor"),
      xposScaleBase: usesXPos ? try arguments.double("rotary_xpos_scale_base") : nil,
      dialect: dialect)
  }

  func relativePosition(headDimension: Int) throws(GraphError) -> RelativePosition? {
    let names = ["alibi_pos_bias", "rel_pos_bias", "dynamic_pos_bias"]
    var chosen: [String] = []
    for name in names where try arguments.bool(name) { chosen.append(name) }
    guard chosen.count <= 1 else {
      throw .impossible(
        path: arguments.path, reason: "\(chosen.joined(separator: " and ")) exclude each other")
    }
    let place = scope.child("rel_pos")
    switch chosen.first {
    case "alibi_pos_bias":
      let count = try arguments.optionalInt("alibi_num_heads") ?? headCount
      guard (1...headCount).contains(count) else {
        throw .impossible(
          path: arguments.path, reason: "alibi_num_heads must be within 1 and the heads")
      }
      return .alibi(try slopes(place, count), form: dialect.alibiForm(isCausal: isCausal))
    case "rel_pos_bias":
      let buckets = try arguments.int("rel_pos_num_buckets")
      let distance = try arguments.int("rel_pos_max_distance")
      let least = isCausal ? 2 : 4
      guard buckets >= least, buckets <= distance else {
        throw .impossible(
          path: arguments.path,
          reason: "rel_pos_num_buckets must be within \(least) and rel_pos_max_distance")
      }
      return .buckets(
        table: place.parameter(
          "relative_attention_bias.weight", [buckets, headCount], .normal(standardDeviation: 1)),
        scale: Double(headDimension).squareRoot(), maxDistance: distance, isCausal: isCausal)
    case "dynamic_pos_bias":
      return .dynamic(
        DynamicPositionBias(
          place, dimension: dimension / 4, headCount: headCount,
          depth: try arguments.positive("dynamic_pos_bias_mlp_depth", atMost: 4096),
          hasNorm: try arguments.bool("dynamic_pos_bias_norm"),
          usesLogDistance: try arguments.bool("dynamic_pos_bias_log_distance"),
          dialect: dialect))
    default:
      return nil
    }
  }

  private func slopes(
    _ place: ParameterScope, _ count: Int
  ) throws(GraphError) -> RelativePosition.Slopes {
    if let given = try givenSlopes(count: count) { return .given(given) }
    let isBidirectional = !isCausal && dialect.learnsBidirectionalSlopes
    let isLearned = try isBidirectional ? true : arguments.bool("alibi_learned")
    guard isLearned else { return .given(RelativePosition.slopes(count)) }
    let logarithms = RelativePosition.slopes(count).map { Float(log($0)) }
    func learned(_ name: String) -> Parameter {
      place.parameter(
        name, dialect.learnedSlopesShape(count: count), .function { logarithms[$0] })
    }
    let past = learned("learned_logslopes")
    let hasFuture = isBidirectional && dialect.alibiForm(isCausal: false) == .positiveDistance
    return .learned(past: past, future: hasFuture ? learned("learned_logslopes_future") : nil)
  }

  /// The slopes of `rel_pos_kwargs`, where it gives some.
  private func givenSlopes(count: Int) throws(GraphError) -> [Double]? {
    let options = try KeywordOptions(arguments, "rel_pos_kwargs", known: ["slopes"])
    guard options["slopes"] != nil else { return nil }
    guard let slopes = options.numbers("slopes"), slopes.count <= headCount, !slopes.isEmpty else {
      throw .impossible(
        path: arguments.path, reason: "rel_pos_kwargs: slopes must be \(count) numbers")
    }
    return slopes
  }

  func polar(headDimension: Int) throws(GraphError) -> PolarEmbedding? {
    guard try arguments.bool("polar_pos_emb") else { return nil }
    let place = scope.child("polar_pos_emb")
    return PolarEmbedding(
      inverseFrequencies: place.parameter(
        "inv_freq", [headDimension],
        .function { 1 / Float(pow(10000, Double(Float($0) / Float(headDimension)))) },
        isBuffer: true),
      learnedBias: place.parameter(
        "learned_bias", [headCount, 1, headDimension], .constant(0)))
  }
}
