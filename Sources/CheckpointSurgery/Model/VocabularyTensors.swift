internal import TensorStorage
internal import TransformerGraph

/// A parameter that has an index for each token of a vocabulary.
///
/// All of a wrapper's have to move together: a token is a row here and a row there.
struct VocabularyTensor: Sendable {
  /// What the parameter is to its wrapper.
  enum Role: Hashable, Sendable {
    /// The token embedding, `[tokens, emb_dim]`.
    case table
    /// The head of that number, `[tokens, dim]`.
    case head(Int)
    /// The bias of the head of that number, `[tokens]`.
    case headBias(Int)
    /// `ff_deep_embed`, `[tokens, depth, dim]`.
    case deepEmbedding
  }

  /// What it is; a table that is also the weight of a head (`to_logits.weight = token_emb.emb.weight`) has
  /// two roles.
  let roles: [Role]
  /// The values.
  let parameter: Parameter
  /// Every path of the graph under which it can be reached, other wrappers' too.
  let paths: [String]

  /// The dimension that counts tokens: the first, in all that x-transformers has.
  static let axis = 0

  /// How many tokens it has.
  var tokenCount: Int { parameter.shape[Self.axis] }

  /// Whether it is the token embedding.
  var isTable: Bool { roles.contains(.table) }

  /// The path that messages name.
  var title: String { paths.first ?? "" }
}

extension ModelGraph {
  /// Every parameter of the wrapper at `place` that is indexed by its vocabulary, the table first.
  ///
  /// A head is one only if it has as many rows as there are tokens: with a `logits_dim` of its own it
  /// is not. Each parameter is listed once, however many names it has. The tables of `embed_num_tokens`
  /// count other things and are not among them.
  func vocabularyTensors(of place: WrapperPlace) -> [VocabularyTensor] {
    let wrapper = place.wrapper
    var found: [(parameter: Parameter, roles: [VocabularyTensor.Role])] = []
    func add(_ parameter: Parameter?, as role: VocabularyTensor.Role) {
      guard let parameter, parameter.shape.first == wrapper.tokenCount else { return }
      if let position = found.firstIndex(where: { $0.parameter === parameter }) {
        found[position].roles.append(role)
      } else {
        found.append((parameter, [role]))
      }
    }
    add(wrapper.tokenEmbedding.weight, as: .table)
    if case .linear(let heads) = wrapper.head {
      for (number, head) in heads.enumerated() {
        add(head.weight, as: .head(number))
        add(head.bias, as: .headBias(number))
      }
    }
    if case .factored(_, let up) = wrapper.head {
      add(up.weight, as: .head(0))
      add(up.bias, as: .headBias(0))
    }
    add(
      slots.first { $0.path == place.keyPrefix + "ff_deep_embed" }?.parameter, as: .deepEmbedding)
    return found.map { parameter, roles in
      VocabularyTensor(
        roles: roles, parameter: parameter,
        paths: slots.filter { $0.parameter === parameter }.map(\.path))
    }
  }

  /// The wrappers that have the same table as the one at `place`, itself among them.
  ///
  /// What changes the number or the order of its rows changes the vocabulary of all of them.
  func wrappersSharingTable(of place: WrapperPlace) -> [WrapperPlace] {
    wrappers.filter { $0.wrapper.tokenEmbedding.weight === place.wrapper.tokenEmbedding.weight }
  }
}

extension SurgeryModel {
  /// Puts another tensor in the place of a vocabulary's, under all of its names.
  mutating func replace(_ tensor: VocabularyTensor, with values: LazyTensor) {
    for path in tensor.paths { replace(path, with: values) }
  }
}
