extension ConfigurationInference {
  /// The feed-forward blocks: gate, width, biases; activations leave no trace.
  mutating func feedForwards(
    _ blocks: [InferredBlock], dimension: Int, path: String, _ call: inout ModuleConfiguration
  ) {
    let bodies = blocks.map { block in
      block.inner.has("ff") ? block.inner.below("ff") : block.inner.below("net")
    }
    guard let first = bodies.first, dimension > 0 else { return }
    let softclamp = first.has("0.2.norm") ? answer(path + "ff_softclamp_value") ?? .double(1) : nil
    InferredOptions.write(
      bodies.map { Self.options($0, dimension, softclamp: softclamp) }, prefix: "ff_", to: &call)
    if softclamp != nil {
      ask(
        path + "ff_softclamp_value", ["1.0"], "a clamp's place is taken, its value leaves no trace")
    }
    askAboutActivation(first, path: path)
  }

  private static func options(
    _ body: TensorTree, _ dimension: Int, softclamp: ArgumentValue?
  ) -> InferredOptions {
    var options = InferredOptions()
    let gated = body["0.proj.weight"]?.first
    let inner =
      (body["2.weight"] ?? body["3.weight"])?.last ?? gated.map { $0 / 2 }
      ?? body["0.0.weight"]?.first
    options.add("glu", body.has("0.proj"))
    options.add(
      "mult", inner.map { multiple(inner: $0, dimension: dimension) }, default: .int(4))
    let biases = ["0.0.bias", "2.bias", "3.bias"]
    options.add("no_bias", biases.allSatisfy { body[$0] == nil }, absent: true)
    options.add("post_act_ln", body["1.gamma"] != nil || body["1.weight"] != nil)
    options.add("glu_mult_bias", body["0.mult_bias"] != nil)
    options.add(
      "softclamp_value", softclamp ?? ArgumentValue.none, default: ArgumentValue.none)
    options.add("solu", body.has("0.1.norm") || body.has("0.2.norm") || body.has("0.act.norm"))
    return options
  }

  private mutating func askAboutActivation(_ body: TensorTree, path: String) {
    if body.has("0.1.norm") || body.has("0.2.norm") || body.has("0.act.norm") { return }
    let alternatives = ["ff_relu_squared", "ff_custom_activation"].map { path + $0 }
    if alternatives.contains(where: { answer($0) != nil }) { return }
    ask(
      path + "ff_swish", ["false", "true"],
      "the activation leaves no trace: GELU, with true SiLU; \(alternatives[0])=true and "
        + "\(alternatives[1]) ask for others")
  }

  /// A factor such that `int(dim · factor)` is the inner width.
  private static func multiple(inner: Int, dimension: Int) -> ArgumentValue {
    if inner.isMultiple(of: dimension) { return .int(inner / dimension) }
    let exact = Double(inner) / Double(dimension)
    return .double(
      Int(exact * Double(dimension)) == inner ? exact : (Double(inner) + 0.5) / Double(dimension))
  }
}
