public import Checkpoints
internal import TensorStorage

/// The modules of one model or of several, with their parameters bound to tensors.
public struct ModelGraph: Sendable {
  /// What it was built from.
  public let configuration: ModelConfiguration
  /// The models by name; a single one has the name "".
  public let models: [(name: String, model: Model)]
  /// Every parameter under its path, in the order of `state_dict()` as far as it matters.
  public let slots: [Slot]
  /// What stands before each path in the checkpoint's names.
  public let prefix: String

  /// Builds the graph that `configuration` describes and binds it to `checkpoint`.
  ///
  /// Nothing is read. Slots that the checkpoint does not fill are in the report, not errors. In the
  /// checkpoint's names `prefix`, as `module.`, stands before each path.
  public init(
    _ configuration: ModelConfiguration, checkpoint: Checkpoint, prefix: String = ""
  ) throws(GraphError) {
    let source = BoundParameters(checkpoint, prefix: prefix)
    models = try Self.build(configuration, source)
    self.configuration = configuration
    self.prefix = prefix
    slots = source.slots
  }

  /// Builds the graph with freshly initialised weights: x-transformers' own distributions.
  ///
  /// Values are computed when they are read; the same seed gives the same weights.
  public init(_ configuration: ModelConfiguration, seed: UInt64) throws(GraphError) {
    let source = FreshParameters(seed: seed)
    models = try Self.build(configuration, source)
    if let path = source.impossiblePath {
      throw .impossible(path: path, reason: "has more elements than memory could address")
    }
    self.configuration = configuration
    prefix = ""
    slots = source.slots
  }

  init(
    configuration: ModelConfiguration, models: [(name: String, model: Model)], slots: [Slot]
  ) {
    (self.configuration, self.models, self.slots) = (configuration, models, slots)
    prefix = ""
  }

  private static func build(
    _ configuration: ModelConfiguration, _ source: any ParameterSource
  ) throws(GraphError) -> [(name: String, model: Model)] {
    var built: [(name: String, model: Model)] = []
    for named in configuration.models {
      let scope = ParameterScope(source: source, path: named.name)
      var call = named.configuration
      let shared = try sharedEmbedding(&call, path: named.name, built: built)
      built.append(
        (
          named.name,
          try Model(
            scope, call, path: named.name, dialect: configuration.dialect, sharedEmbedding: shared)
        ))
    }
    return built
  }

  /// Takes a `token_emb` that is a path out of the call, and finds the embedding it names.
  private static func sharedEmbedding(
    _ call: inout ModuleConfiguration, path: String, built: [(name: String, model: Model)]
  ) throws(GraphError) -> TokenEmbedding? {
    if case .module(var inner)? = call["net"] {
      let found = try sharedEmbedding(
        &inner, path: path.isEmpty ? "net" : "\(path).net", built: built)
      call["net"] = .module(inner)
      return found
    }
    guard case .text(let reference)? = call["token_emb"] else { return nil }
    call["token_emb"] = nil
    for (name, model) in built {
      for (place, embedding) in model.tokenEmbeddings {
        let full = name.isEmpty ? place : "\(name).\(place)"
        if full == reference { return embedding }
      }
    }
    throw .unresolvedReference(path: path, reference: reference)
  }
}

extension Model {
  /// The token embeddings under their paths.
  public var tokenEmbeddings: [(path: String, embedding: TokenEmbedding)] {
    switch self {
    case .transformer(let wrapper): [("token_emb", wrapper.tokenEmbedding)]
    case .continuous, .vision, .layers: []
    case .encoderDecoder(let encoder, let decoder):
      [
        ("encoder.token_emb", encoder.tokenEmbedding),
        ("decoder.net.token_emb", decoder.tokenEmbedding),
      ]
    case .wrapped(let inner, _, _):
      inner.tokenEmbeddings.map { ("net.\($0.path)", $0.embedding) }
    }
  }
}
