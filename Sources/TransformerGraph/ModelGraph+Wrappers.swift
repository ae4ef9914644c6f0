public import Checkpoints

extension ModelGraph {
  /// A graph of wrappers that exist already; what they share they go on sharing.
  ///
  /// Each model's paths begin with its name and a dot, as in a configuration with `"models"`.
  ///
  /// - Throws: `GraphError` if the wrappers are of different releases.
  public init(_ wrappers: KeyValuePairs<String, TransformerWrapper>) throws(GraphError) {
    let dialect = wrappers.first?.value.dialect ?? .newest
    var named: [ModelConfiguration.NamedModel] = []
    var slots: [Slot] = []
    var known: Set<ObjectIdentifier> = []
    for (name, wrapper) in wrappers {
      guard wrapper.dialect == dialect else {
        throw .impossible(
          path: name,
          reason: "is of release \(wrapper.dialect), the others of \(dialect): one file has one")
      }
      var call = wrapper.configuration
      let table = ObjectIdentifier(wrapper.tokenEmbedding.weight)
      let earlier = wrappers.prefix { $0.key != name }
      if let first = earlier.first(where: { $0.value.tokenEmbedding.weight.isSame(as: table) }) {
        call["token_emb"] = .text("\(first.key).token_emb")
      }
      named.append(.init(name: name, configuration: call))
      for slot in wrapper.slots {
        let isNew = known.insert(ObjectIdentifier(slot.parameter)).inserted
        slots.append(slot.below(name, sharesEarlier: !isNew))
      }
    }
    self.init(
      configuration: ModelConfiguration(models: named, dialect: dialect),
      models: wrappers.map { ($0.key, .transformer($0.value)) }, slots: slots)
  }

  /// The checkpoint that saving the models gives: every path with its tensor, not yet read.
  ///
  /// Shared parameters are one tensor under several names, and each tells whether training changes it.
  ///
  /// - Throws: `GraphError.unfilled` for a slot without a tensor.
  public func checkpoint() throws(GraphError) -> Checkpoint {
    var checkpoint = Checkpoint()
    checkpoint.source.dictionary = .orderedDict(moduleMetadata: nil)
    for slot in slots {
      guard slot.state == .bound || slot.state == .implied else {
        throw .unfilled(path: prefix + slot.path)
      }
      let entry = Checkpoint.Entry(
        name: TensorName(prefix + slot.path), tensor: slot.parameter.tensor,
        role: slot.parameter.savedRole)
      guard checkpoint.append(entry) else {
        throw .impossible(path: slot.path, reason: "stands twice in the graph")
      }
    }
    return checkpoint
  }

  /// How many parameters there are, shared ones once, buffers apart: all, and those that training changes.
  public var parameterCount: (all: Int, trainable: Int) {
    var counts = (all: 0, trainable: 0)
    for slot in slots where !slot.sharesEarlier && !slot.parameter.isBuffer {
      counts.all.addClamped(slot.parameter.elementCount)
      if slot.parameter.isTrainable { counts.trainable.addClamped(slot.parameter.elementCount) }
    }
    return counts
  }
}

extension Parameter {
  fileprivate func isSame(as other: ObjectIdentifier) -> Bool { ObjectIdentifier(self) == other }
}
