internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// A tensor of a model that is another one too.
enum TiedTensor {
  /// A head that is the token embedding, times a scale (`tie_embedding`).
  case head(WrapperPlace, scale: Double)
  /// A head, under its own path, that shares the bytes of the token embedding.
  case aliasedHead(WrapperPlace, path: String)
  /// A token embedding that is that of a wrapper before; `isDeclared` if the configuration says so.
  case table(WrapperPlace, owner: WrapperPlace, isDeclared: Bool)

  /// The paths by which it may be named.
  var paths: [String] {
    switch self {
    case .head(let place, scale: _): [place.keyPrefix + "to_logits.weight"]
    case .aliasedHead(let place, let path): [path, place.embeddingPath]
    case .table(let place, let owner, isDeclared: _): [place.embeddingPath, owner.embeddingPath]
    }
  }

  /// All of a graph, tables first: a head is made of its own wrapper's table.
  static func all(in graph: ModelGraph) -> [TiedTensor] {
    let places = graph.wrappers
    let tables = places.indices.compactMap { position -> TiedTensor? in
      let embedding = places[position].wrapper.tokenEmbedding
      let owner = places[..<position].first {
        $0.wrapper.tokenEmbedding.weight === embedding.weight
      }
      return owner.map {
        .table(
          places[position], owner: $0, isDeclared: $0.wrapper.tokenEmbedding === embedding)
      }
    }
    return tables + places.compactMap { head(of: $0, in: graph) }
  }

  private static func head(of place: WrapperPlace, in graph: ModelGraph) -> TiedTensor? {
    switch place.wrapper.head {
    case .tied(let scale): return .head(place, scale: scale)
    case .embeddings: return nil
    case .factored(_, let up):
      guard up.weight === place.wrapper.tokenEmbedding.weight else { return nil }
      return .aliasedHead(place, path: place.keyPrefix + "to_logits.up.weight")
    case .linear(let heads):
      let table = place.wrapper.tokenEmbedding.weight
      guard heads.contains(where: { $0.weight === table }) else { return nil }
      return .aliasedHead(place, path: place.keyPrefix + "to_logits.weight")
    }
  }
}

extension WrapperPlace {
  /// The path of its table in the graph.
  var embeddingPath: String { keyPrefix + "token_emb." + wrapper.tokenEmbedding.weightName }
}

extension TransformerWrapper {
  /// What tied logits are multiplied by; nil if the head is not tied.
  var tieScale: Double? {
    if case .tied(let scale) = head { scale } else { nil }
  }
}

extension SurgeryModel {
  /// Gives the tensor at a path of the graph bytes of its own.
  mutating func detach(_ path: String) {
    guard let position = checkpoint.position(of: tensorName(path)) else { return }
    checkpoint.detach(position)
  }

  /// Says in the configuration that a wrapper has a table of its own.
  mutating func declareOwnTable(of place: WrapperPlace) throws(SurgeryError) {
    do {
      guard place.argumentPrefix.isEmpty else {
        return try configuration.set(nil, at: place.modulePath + ["tie_token_emb"])
      }
      try configuration.set(place.ownTable(in: configuration), at: place.argumentPath("token_emb"))
    } catch { throw .graph(error, model: paths.checkpoint) }
  }
}

extension WrapperPlace {
  /// The argument `token_emb` of a wrapper whose table was another's: none, unless only a constructor call
  /// can say whether rows are normalised when they are read.
  fileprivate func ownTable(in configuration: ModelConfiguration) -> ArgumentValue? {
    let embedding = wrapper.tokenEmbedding
    let isDefault =
      configuration.value(at: argumentPath("l2norm_embed")) == .bool(true)
    if embedding.normalizesRows == isDefault { return nil }
    return .module(
      ModuleConfiguration(
        "TokenEmbedding",
        [
          .init("dim", .int(embedding.dimension)), .init("num_tokens", .int(embedding.tokenCount)),
          .init("l2norm_embed", .bool(embedding.normalizesRows)),
        ]))
  }
}
