internal import TransformerGraph

/// Rewrites constructor calls of one release as those of another that make the same function.
struct ConfigurationMigration {
  let from: Dialect
  let to: Dialect
  var notes: MigrationNotes

  /// The calls of the other release; what it cannot say is among the notes.
  mutating func migrated(
    _ configuration: ModelConfiguration, _ graph: ModelGraph
  ) -> ModelConfiguration {
    var result = configuration
    result.dialect = to
    switch configuration.content {
    case .single(var call):
      for (_, model) in graph.models { migrate(&call, model, path: "") }
      result.content = .single(call)
    case .several(var models):
      for position in models.indices {
        migrate(
          &models[position].configuration, graph.models[position].model,
          path: models[position].name)
      }
      result.content = .several(models)
    }
    return result
  }

  private mutating func migrate(_ call: inout ModuleConfiguration, _ model: Model, path: String) {
    switch model {
    case .wrapped(let inner, by: _, carried: _):
      guard case .module(var net)? = call["net"] else { return }
      migrate(&net, inner, path: path.isEmpty ? "net" : "\(path).net")
      call["net"] = .module(net)
    case .transformer(let wrapper):
      self.wrapper(&call, prefix: "", wrapper, path: path)
      migrateStack(&call, wrapper.layers, path: path)
    case .continuous(let wrapper):
      positions(&call, prefix: "", class: call.className)
      continuous(wrapper, path: path)
      migrateStack(&call, wrapper.layers, path: path)
    case .vision(let wrapper):
      migrateStack(&call, wrapper.layers, path: path)
    case .layers(let layers):
      self.layers(&call, prefix: "", layers, path: path)
    case .encoderDecoder(let encoder, let decoder):
      encoderDecoder(&call, encoder, decoder, path: path)
    }
    dropUnknown(&call, path: path)
  }

  private mutating func migrateStack(
    _ call: inout ModuleConfiguration, _ layers: AttentionLayers, path: String
  ) {
    guard case .module(var stack)? = call["attn_layers"] else { return }
    let place = path.isEmpty ? "attn_layers" : "\(path).attn_layers"
    self.layers(&stack, prefix: "", layers, path: place)
    dropUnknown(&stack, path: place)
    call["attn_layers"] = .module(stack)
  }

  private mutating func encoderDecoder(
    _ call: inout ModuleConfiguration, _ encoder: TransformerWrapper,
    _ decoder: TransformerWrapper, path: String
  ) {
    let isDeep = call["deepnorm"] == .bool(true) && !to.knows("deepnorm", of: "XTransformer")
    if isDeep { call["deepnorm"] = nil }
    for (prefix, wrapper) in [("enc_", encoder), ("dec_", decoder)] {
      // The sides have constants of their own.
      if isDeep, case .sum(_, let constant)? = wrapper.layers.layers.first?.residual {
        call[prefix + "scale_residual"] = .bool(true)
        call[prefix + "scale_residual_constant"] = .double(constant)
      }
      self.wrapper(&call, prefix: prefix, wrapper, path: path)
      layers(&call, prefix: prefix, wrapper.layers, path: path)
    }
  }

  private mutating func wrapper(
    _ call: inout ModuleConfiguration, prefix: String, _ wrapper: TransformerWrapper, path: String
  ) {
    positions(&call, prefix: prefix, class: "TransformerWrapper")
    if !wrapper.carried.isEmpty { refuseCarried(wrapper.carried, path) }
    guard case .tied(let scale) = wrapper.head else { return }
    call[prefix + "tie_embedding_scale"] = nil
    if scale == to.defaultTieScale(dimension: wrapper.layers.dimension), to.canTie { return }
    if to.knows("tie_embedding_scale", of: "TransformerWrapper"), to.canTie {
      call[prefix + "tie_embedding_scale"] = .double(scale)
      return
    }
    call[prefix + "tie_embedding"] = nil
    // Tied logits have the table's width, whatever logits_dim says.
    call[prefix + "logits_dim"] = nil
    notes.note("the head becomes a tensor of its own, \(scale) · token_emb")
  }

  private mutating func continuous(_ wrapper: ContinuousTransformerWrapper, path: String) {
    if !wrapper.carried.isEmpty { refuseCarried(wrapper.carried, path) }
    if wrapper.averagesPool, to.poolsFeatures, !from.poolsFeatures {
      notes.refuse(path, "averages the pool over positions, and it does over features too")
    }
  }

  /// Before 0.25.8 the argument was `use_pos_emb`.
  private func positions(_ call: inout ModuleConfiguration, prefix: String, class name: String) {
    let (former, later) = (prefix + "use_pos_emb", prefix + "use_abs_pos_emb")
    if let value = call[former], !to.knows("use_pos_emb", of: name) {
      call[former] = nil
      call[later] = value
    } else if let value = call[later], to.knows("use_pos_emb", of: name) {
      call[later] = nil
      call[former] = value
    }
  }

  /// Options whose forward pass is not built: whether their meaning changed is not known here.
  mutating func refuseCarried(_ carried: CarriedParameters, _ path: String) {
    for option in carried.options {
      notes.refuse(
        path, "\(option) has no forward pass here, so that its meaning cannot be kept for sure")
    }
  }

  /// Takes out what the release does not know and would not change anything; the rest is refused.
  private mutating func dropUnknown(_ call: inout ModuleConfiguration, path: String) {
    for argument in call.arguments {
      let (name, owner) = owner(of: argument.name, in: call.className)
      guard let owner, !to.knows(name, of: owner) else { continue }
      let isIdle =
        from.isForTraining(name, of: owner)
        || argument.value == from.defaultValue(of: name, in: owner) || argument.value == .none
      guard isIdle else {
        let place = path.isEmpty ? argument.name : "\(path).\(argument.name)"
        notes.refuse(place, "is not known to it")
        continue
      }
      call[argument.name] = nil
    }
  }

  /// Whose argument it is; `enc_…` of an XTransformer is a wrapper's or the layers'.
  private func owner(of argument: String, in className: String) -> (String, String?) {
    guard className == "XTransformer",
      let prefix = ["enc_", "dec_"].first(where: argument.hasPrefix)
    else { return (argument, className) }
    let name = String(argument.dropFirst(prefix.count))
    let isWrapper =
      Dialect.newest.knows(name, of: "TransformerWrapper") || name == "use_pos_emb"
    return (name, isWrapper ? "TransformerWrapper" : "AttentionLayers")
  }
}

extension Dialect {
  /// Whether tied logits can be computed: from 0.24.0 to 1.16.7 they asked for a weight that was not there.
  fileprivate var canTie: Bool { self < Dialect(0, 24, 0) || self >= Dialect(1, 16, 8) }
}
