internal import Checkpoints
internal import TensorStorage

/// Reads constructor calls off the names and shapes of a checkpoint.
struct ConfigurationInference {
  /// What could not be decided.
  private(set) var questions: [InferredConfiguration.Question] = []
  /// Arguments without a trace that are taken at their defaults.
  private(set) var untraced: [String] = []
  /// Answers that the shapes contradict, each a sentence.
  private(set) var contradictions: [String] = []
  /// What hints told.
  private(set) var hints: [String] = []
  /// The release that the keys point to.
  private(set) var dialect = Dialect.newest
  /// Stacks that are encoders rather than decoders, by what stands before their arguments.
  private(set) var likelyEncoders: Set<String> = []

  let checkpoint: Checkpoint
  private let answers: [String: ArgumentValue]

  init(_ checkpoint: Checkpoint, _ tree: TensorTree, answers: [String: ArgumentValue]) {
    self.checkpoint = checkpoint
    self.answers = answers
    if let text = answers["x_transformers"]?.text, let given = try? Dialect(version: text) {
      dialect = given
    } else {
      readEra(tree)
    }
  }

  /// The outermost constructor call.
  mutating func model(_ tree: TensorTree) -> ModuleConfiguration? {
    if tree.has("encoder.attn_layers"), tree.has("decoder.net.attn_layers") {
      return encoderDecoder(tree)
    }
    if tree.has("net.attn_layers") { return wrapped(tree) }
    if tree.has("attn_layers") { return wrapper(tree, path: "", kind: nil) }
    guard tree.has("layers") else { return nil }
    let stack = layers(tree, path: "", kind: nil)
    assumeDefaults(of: stack.call, path: "")
    return stack.call
  }

  /// The value that was given for an argument.
  func answer(_ argument: String) -> ArgumentValue? { answers[argument] }

  /// Notes an undecided argument, unless a value was given for it or for one of `others`.
  mutating func ask(
    _ argument: String, _ values: [String], _ reason: String, or others: [String] = []
  ) {
    guard ([argument] + others).allSatisfy({ answers[$0] == nil }) else { return }
    questions.append(.init(argument: argument, values: values, reason: reason))
  }

  /// Notes an argument without a trace that is taken at its default.
  mutating func assume(_ argument: String) {
    if answers[argument] == nil { untraced.append(argument) }
  }

  mutating func contradict(_ sentence: String) { contradictions.append(sentence) }

  mutating func hint(_ sentence: String) { hints.append(sentence) }

  mutating func expectEncoder(_ path: String) { likelyEncoders.insert(path) }

  mutating func set(dialect: Dialect, because reason: String) {
    self.dialect = dialect
    hints.append("\(reason): taken for x-transformers \(dialect)")
  }

  /// `AutoregressiveWrapper` and its kin.
  private mutating func wrapped(_ tree: TensorTree) -> ModuleConfiguration? {
    let inner = tree.below("net")
    let parts = ["null_embed", "to_self_cond", "token_critic"]
    let isContinuous = !inner.has("token_emb")
    let told =
      parts.contains(where: tree.has)
      ? "NonAutoregressiveWrapper"
      : isContinuous ? "ContinuousAutoregressiveWrapper" : "AutoregressiveWrapper"
    let name = answer("class")?.text ?? told
    let isParallel = name == "NonAutoregressiveWrapper"
    if answer("class") == nil {
      hint(
        "keys begin with 'net.': taken for \(name) around "
          + (isParallel ? "an Encoder" : "a Decoder"))
    }
    guard
      let net = wrapper(inner, path: "net.", kind: isParallel ? "Encoder" : "Decoder")
    else { return nil }
    var call = ModuleConfiguration(name, [.init("net", .module(net))])
    if isParallel { call["mask_id"] = .int(0) }
    if tree.has("to_self_cond") { call["self_cond"] = .bool(true) }
    if tree.has("token_critic.net") { call["self_token_critic"] = .bool(true) }
    return call
  }

  private mutating func encoderDecoder(_ tree: TensorTree) -> ModuleConfiguration? {
    guard var encoder = wrapper(tree.below("encoder"), path: "enc_", kind: "Encoder"),
      let decoder = wrapper(tree.below("decoder.net"), path: "dec_", kind: "Decoder"),
      case .module(let encoderLayers)? = encoder["attn_layers"],
      case .module(let decoderLayers)? = decoder["attn_layers"]
    else { return nil }
    encoder["num_tokens"] = encoder["num_tokens"] ?? decoder["num_tokens"]
    var call = ModuleConfiguration("XTransformer")
    call["dim"] = encoderLayers["dim"]
    let sides = [("enc_", encoder, encoderLayers), ("dec_", decoder, decoderLayers)]
    for (prefix, wrapper, layers) in sides {
      for argument in wrapper.arguments + layers.arguments
      where !["attn_layers", "return_only_embed", "dim", "cross_attend"].contains(argument.name) {
        call[prefix + argument.name] = argument.value
      }
    }
    if let a = checkpoint[TensorName(tree.prefix + "encoder.token_emb.emb.weight")],
      let b = checkpoint[TensorName(tree.prefix + "decoder.net.token_emb.emb.weight")]
    {
      if a.isSameView(as: b) {
        call["tie_token_emb"] = .bool(true)
        hint("encoder and decoder share one embedding storage: tie_token_emb")
      } else if (try? a.hasSameElements(as: b)) == true {
        call["tie_token_emb"] = .bool(true)
        hint("the embeddings of encoder and decoder are equal: tie_token_emb")
      }
    }
    return call
  }
}
