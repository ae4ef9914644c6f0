#if canImport(Glibc)
internal import Glibc
#endif

/// A model: one of x-transformers' wrappers around a stack of layers, or a bare stack.
public indirect enum Model: Sendable {
  case transformer(TransformerWrapper)
  case continuous(ContinuousTransformerWrapper)
  case vision(ViTransformerWrapper)
  /// A bare `Encoder`, `Decoder` or the like.
  case layers(AttentionLayers)
  /// `XTransformer`: an encoder, and a decoder that attends to it.
  case encoderDecoder(encoder: TransformerWrapper, decoder: TransformerWrapper)
  /// `AutoregressiveWrapper` and its kin, which prefix every key with `net.`.
  case wrapped(Model, by: String, carried: CarriedParameters)
}

extension Model {
  /// The model at `scope`.
  init(
    _ scope: ParameterScope, _ configuration: ModuleConfiguration, path: String, dialect: Dialect,
    sharedEmbedding: TokenEmbedding?
  ) throws(GraphError) {
    switch configuration.className {
    case "TransformerWrapper":
      self = .transformer(
        try TransformerWrapper(
          scope, configuration, path: path, dialect: dialect, sharedEmbedding: sharedEmbedding))
    case "ContinuousTransformerWrapper":
      self = .continuous(
        try ContinuousTransformerWrapper(scope, configuration, path: path, dialect: dialect))
    case "ViTransformerWrapper":
      self = .vision(try ViTransformerWrapper(scope, configuration, path: path, dialect: dialect))
    case "XTransformer":
      self = try Self.encoderDecoder(scope, configuration, path: path, dialect: dialect)
    case "AutoregressiveWrapper", "XLAutoregressiveWrapper", "NonAutoregressiveWrapper",
      "ContinuousAutoregressiveWrapper":
      self = try Self.wrapped(
        scope, configuration, path: path, dialect: dialect, sharedEmbedding: sharedEmbedding)
    default:
      self = .layers(
        try AttentionLayers(scope, configuration, path: path, dialect: dialect))
    }
  }

  private static func wrapped(
    _ scope: ParameterScope, _ configuration: ModuleConfiguration, path: String, dialect: Dialect,
    sharedEmbedding: TokenEmbedding?
  ) throws(GraphError) -> Model {
    let arguments = try Arguments(configuration, path: path, dialect: dialect)
    let inner = try Model(
      scope.child("net"), arguments.module("net"), path: path.isEmpty ? "net" : "\(path).net",
      dialect: dialect, sharedEmbedding: sharedEmbedding)
    var carried = CarriedParameters(options: arguments.carried)
    if configuration.className == "NonAutoregressiveWrapper", case .transformer(let wrapper) = inner
    {
      try carried.addTraining(scope, arguments, of: wrapper, path: path, dialect: dialect)
    }
    return .wrapped(inner, by: configuration.className, carried: carried)
  }

  /// `XTransformer` hands `enc_…` and `dec_…` arguments to two wrappers.
  private static func encoderDecoder(
    _ scope: ParameterScope, _ configuration: ModuleConfiguration, path: String, dialect: Dialect
  ) throws(GraphError) -> Model {
    let sides = try EncoderDecoderArguments(configuration, path: path, dialect: dialect)
    let encoder = try TransformerWrapper(
      scope.child("encoder"), sides.encoder, path: path.isEmpty ? "enc" : "\(path).enc",
      dialect: dialect, sharedEmbedding: nil)
    let decoder = try TransformerWrapper(
      scope.child("decoder.net"), sides.decoder, path: path.isEmpty ? "dec" : "\(path).dec",
      dialect: dialect, sharedEmbedding: sides.tiesEmbedding ? encoder.tokenEmbedding : nil,
      checksRows: false)
    return .encoderDecoder(encoder: encoder, decoder: decoder)
  }
}

extension CarriedParameters {
  /// What a NonAutoregressiveWrapper has for training and sampling: its forward pass on tokens is the net's.
  fileprivate mutating func addTraining(
    _ scope: ParameterScope, _ arguments: Arguments, of wrapper: TransformerWrapper, path: String,
    dialect: Dialect
  ) throws(GraphError) {
    let width = wrapper.embeddingDimension
    if try arguments.bool("self_cond") {
      add(scope, "null_embed", [width], .normal(standardDeviation: 1))
      addLinear(scope.child("to_self_cond"), width, width)
    }
    let isOwn = try arguments.bool("self_token_critic")
    guard arguments.has("token_critic") else {
      guard isOwn else { return }
      scope.source.shareAll(
        below: scope.child("net").path, at: scope.child("token_critic.net").path)
      addLinear(
        scope.child("token_critic.to_logits"), wrapper.layers.dimension, 1, hasBias: true)
      return
    }
    guard !isOwn else {
      throw .impossible(
        path: path, reason: "self_token_critic and token_critic exclude each other")
    }
    _ = try Model(
      scope.child("token_critic"), arguments.module("token_critic"),
      path: path.isEmpty ? "token_critic" : "\(path).token_critic", dialect: dialect,
      sharedEmbedding: nil)
  }
}

/// The two wrappers that an `XTransformer` makes of its arguments.
struct EncoderDecoderArguments {
  let encoder: ModuleConfiguration
  let decoder: ModuleConfiguration
  let tiesEmbedding: Bool

  init(
    _ configuration: ModuleConfiguration, path: String, dialect: Dialect
  ) throws(GraphError) {
    var own: [ModuleConfiguration.Argument] = []
    var sides: [String: [ModuleConfiguration.Argument]] = ["enc_": [], "dec_": []]
    for var argument in configuration.arguments {
      guard let prefix = ["enc_", "dec_"].first(where: argument.name.hasPrefix) else {
        own.append(argument)
        continue
      }
      argument.name.removeFirst(prefix.count)
      sides[prefix]?.append(argument)
    }
    let arguments = try Arguments(
      ModuleConfiguration("XTransformer", own), path: path, dialect: dialect)
    let dimension = try arguments.int("dim")
    for (prefix, names) in [("enc_", ["dim"]), ("dec_", ["dim", "cross_attend"])] {
      for name in names where sides[prefix]?.contains(where: { $0.name == name }) == true {
        throw .impossible(
          path: path,
          reason: "an XTransformer sets '\(name)' itself: it takes no '\(prefix)\(name)'")
      }
    }
    tiesEmbedding = try arguments.bool("tie_token_emb")
    if try arguments.bool("deepnorm") { try Self.addDeepNorm(&sides, path: path) }
    let memory = ["num_memory_tokens"]
    encoder = Self.wrapper(
      sides["enc_"] ?? [], wrapperNames: Self.names + memory, layers: "Encoder",
      extra: [.init("dim", .int(dimension))],
      wrapperExtra: dialect.encoderHasHead ? [] : [.init("return_only_embed", .bool(true))])
    decoder = Self.wrapper(
      sides["dec_"] ?? [], wrapperNames: Self.names, layers: "Decoder",
      extra: [.init("dim", .int(dimension)), .init("cross_attend", .bool(true))],
      wrapperExtra: [])
  }

  /// DeepNorm's constants (arXiv 2203.00555) for an encoder with a decoder.
  private static func addDeepNorm(
    _ sides: inout [String: [ModuleConfiguration.Argument]], path: String
  ) throws(GraphError) {
    func depth(_ side: String) throws(GraphError) -> Double {
      let argument = sides[side]?.first { $0.name == "depth" }
      guard case .int(let depth)? = argument?.value, depth > 0 else {
        throw .missingArgument(
          path: path, className: "XTransformer", name: side + "depth", hint: nil)
      }
      return Double(depth)
    }
    let (encoder, decoder) = (try depth("enc_"), try depth("dec_"))
    let constants = [
      "enc_": 0.81 * pow(pow(encoder, 4) * decoder, 0.0625), "dec_": pow(3 * decoder, 0.25),
    ]
    for (side, constant) in constants {
      sides[side, default: []] += [
        .init("scale_residual", .bool(true)),
        .init("scale_residual_constant", .double(constant)),
      ]
    }
  }

  private static let names = [
    "num_tokens", "max_seq_len", "emb_dropout", "scaled_sinu_pos_emb", "use_abs_pos_emb",
  ]

  private static func wrapper(
    _ arguments: [ModuleConfiguration.Argument], wrapperNames: [String], layers: String,
    extra: [ModuleConfiguration.Argument], wrapperExtra: [ModuleConfiguration.Argument]
  ) -> ModuleConfiguration {
    let outer = arguments.filter { wrapperNames.contains($0.name) }
    let inner = arguments.filter { !wrapperNames.contains($0.name) }
    let stack = ModuleConfiguration(layers, extra + inner)
    return ModuleConfiguration(
      "TransformerWrapper",
      outer + wrapperExtra + [.init("attn_layers", .module(stack))])
  }
}
