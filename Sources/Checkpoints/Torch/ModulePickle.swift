/// A whole `torch.nn.Module` in a pickle: an object of any class whose `__dict__` is that of a module.
///
/// Its state dict is what `Module.state_dict()` would return: parameters, then the buffers that are persistent,
/// then the modules inside, without those that are None.
struct ModulePickle {
  private let attributes: ValueChildren
  private let registries: [String: TorchValue]

  /// The module that `object` is; nil if it is something else.
  init?(_ object: PickleGraph.Object, of value: TorchValue) {
    guard !object.states.isEmpty else { return nil }
    attributes = ValueChildren(
      groups: object.states.flatMap { ValueChildren(attributes: value.sibling($0)).groups })
    value.document.reading.examinedValueCount += attributes.count
    var registries: [String: TorchValue] = [:]
    for attribute in attributes {
      guard case .key(let key) = attribute.label,
        let name = key.document.graph.text(key.id, upTo: Self.registryNameLength),
        Self.registryNames.contains(name)
      else { continue }
      registries[name] = attribute.value
    }
    guard ["_parameters", "_buffers", "_modules"].allSatisfy({ registries[$0] != nil }) else {
      return nil
    }
    self.registries = registries
  }

  /// The module that `value` is; nil if it is something else.
  init?(_ value: TorchValue) {
    guard value.meaning == .unknown, let object = value.object else { return nil }
    self.init(object, of: value)
  }

  /// What its state dict is made of, and in the scope of everything all its other attributes.
  func groups(scope: ValueScope) -> [ValueChildren.Group] {
    let transient = transientNames
    let isEverything = scope == .everything
    let state = [
      entries("_parameters") { _ in true },
      entries("_buffers") { isEverything || !transient.contains($0 ?? "") },
      entries("_modules") { _ in true },
    ].compactMap(\.self)
    return isEverything ? state + attributes.without(Self.registryNames) : state
  }

  private static let registryNames: Set<String> = [
    "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set",
  ]

  /// No registry has a longer name.
  private static let registryNameLength = 32

  /// The entries of a registry that are not None and whose names are wanted.
  private func entries(
    _ registry: String, where isWanted: (String?) -> Bool
  ) -> ValueChildren.Group? {
    guard let value = registries[registry], let pairs = value.pairs else { return nil }
    let graph = value.document.graph
    let kept = pairs.filter {
      graph.kind($0.value) != .none
        && isWanted(graph.text($0.key, upTo: TorchLimits.nameLength))
    }
    return .pairs(kept, value.document)
  }

  private var transientNames: Set<String> {
    guard let set = registries["_non_persistent_buffers_set"] else { return [] }
    let names = ValueChildren(of: set, scope: .model).lazy.compactMap { child in
      child.value.document.graph.text(child.value.id, upTo: TorchLimits.nameLength)
    }
    return Set(names)
  }
}
