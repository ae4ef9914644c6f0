/// Weights of options whose forward pass is not built: they are bound, counted and written again.
public struct CarriedParameters: Sendable {
  /// The options, by their argument names; the forward pass refuses them by name.
  public internal(set) var options: [String] = []
  /// Their weights.
  public internal(set) var parameters: [Parameter] = []

  /// Whether the forward pass must refuse.
  public var isEmpty: Bool { options.isEmpty }
}

extension CarriedParameters {
  /// Adds the weight `name` at `scope`.
  mutating func add(
    _ scope: ParameterScope, _ name: String, _ shape: [Int],
    _ initialValues: InitialValues = .constant(0), isBuffer: Bool = false
  ) {
    parameters.append(scope.parameter(name, shape, initialValues, isBuffer: isBuffer))
  }

  /// Adds a linear layer without bias, or with one.
  mutating func addLinear(
    _ scope: ParameterScope, _ inputCount: Int, _ outputCount: Int, hasBias: Bool = false
  ) {
    let linear = Linear(scope, inputCount, outputCount, hasBias: hasBias)
    parameters.append(linear.weight)
    if let bias = linear.bias { parameters.append(bias) }
  }

  /// Adds x-transformers' `LoRALinear`: a plain layer without a rank, two layers with one.
  mutating func addLowRank(
    _ scope: ParameterScope, _ inputCount: Int, _ outputCount: Int, rank: Int?
  ) {
    guard let rank else { return addLinear(scope, inputCount, outputCount) }
    addLinear(scope.child("down"), inputCount, rank)
    addLinear(scope.child("up"), rank, outputCount)
  }

  /// What an attention block carries.
  static func attention(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, heads: Attention.Heads,
    isCausal: Bool
  ) throws(GraphError) -> CarriedParameters {
    var carried = CarriedParameters()
    carried.options = arguments.carried.map { "attn_\($0)" }
    let attended = heads.count * heads.valueDimension
    try carried.addLatents(scope, arguments, dimension: dimension, heads: heads)
    if try arguments.bool("gate_values"), let rank = try arguments.optionalInt("gate_values_rank") {
      carried.addLowRank(scope.child("to_v_gate"), dimension, attended, rank: rank)
    }
    if try arguments.bool("output_gate") {
      let width = try arguments.bool("output_gate_headwise") ? heads.count : attended
      carried.addLowRank(
        scope.child("to_output_gate"), attended, width,
        rank: try arguments.optionalInt("output_gate_rank"))
    }
    if try arguments.bool("use_cope") {
      let cope = scope.child("attend.cope")
      let count = try arguments.int("cope_max_pos")
      carried.add(cope, "pos_emb", [count, heads.dimension])
      if try arguments.bool("cope_talking_heads") {
        carried.add(cope, "talking_heads.weight", [heads.count, heads.count, 1, 1])
      }
      if try arguments.bool("cope_soft_onehot_pos") {
        carried.add(cope, "positions", [count], isBuffer: true)
      }
    }
    try carried.addDataDependentAlibi(
      scope, arguments, dimension: dimension, heads: heads, isCausal: isCausal)
    if try arguments.bool("use_rel_proj_pos_bias") {
      let basis = try arguments.int("rel_proj_num_distance_basis")
      let place = scope.child("rel_proj_pos_bias")
      carried.add(place, "distance_bank", [basis, try arguments.int("rel_proj_max_dist")])
      carried.addLinear(
        place.child("to_distance_weights.0"), dimension, heads.count * basis, hasBias: true)
    }
    return carried
  }

  private mutating func addLatents(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, heads: Attention.Heads
  ) throws(GraphError) {
    let context = try arguments.optionalInt("dim_context") ?? dimension
    if try arguments.bool("use_latent_q") {
      addLinear(scope.child("to_latent_q"), dimension, try arguments.int("dim_latent_q"))
    }
    if try arguments.bool("use_latent_kv") {
      addLinear(scope.child("to_latent_kv"), context, try arguments.int("dim_latent_kv"))
    }
    if let subheads = try arguments.optionalInt("latent_rope_subheads") {
      addLinear(scope.child("to_rotateable_k"), dimension, heads.dimension * subheads)
    }
  }

  private mutating func addDataDependentAlibi(
    _ scope: ParameterScope, _ arguments: Arguments, dimension: Int, heads: Attention.Heads,
    isCausal: Bool
  ) throws(GraphError) {
    guard try arguments.bool("data_dependent_alibi") else { return }
    let place = scope.child("data_dependent_alibi.to_forget_gates.0")
    if try arguments.bool("data_dependent_alibi_per_row") {
      let width = try arguments.int("data_dependent_alibi_per_row_dim_head")
      addLinear(place, dimension, heads.count * width * 2)
    } else {
      addLinear(place, dimension, heads.count * (isCausal ? 1 : 2), hasBias: true)
    }
  }
}

/// The widths of multi-latent attention, where it is used.
struct Latents {
  var query: Int?
  var keyValue: Int?
  var rotatedSubheadCount = 0

  init(
    _ scope: ParameterScope, _ arguments: Arguments, heads: Attention.Heads
  ) throws(GraphError) {
    if try arguments.bool("use_latent_q") { query = try arguments.int("dim_latent_q") }
    if try arguments.bool("use_latent_kv") { keyValue = try arguments.int("dim_latent_kv") }
    rotatedSubheadCount = try arguments.optionalInt("latent_rope_subheads") ?? 0
    guard (0...heads.keyCount).contains(rotatedSubheadCount) else {
      throw .impossible(
        path: arguments.path, reason: "attn_latent_rope_subheads exceeds the key heads")
    }
  }
}
