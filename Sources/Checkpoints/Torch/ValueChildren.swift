/// A value inside another, and what leads to it.
struct ValueChild {
  enum Label {
    /// A key of a dictionary.
    case key(TorchValue)
    /// A place in a list, a tuple, or the arguments of a call.
    case position(Int)
    /// A part of an object that has no name of its own in Python.
    case name(String)
  }

  let label: Label
  let value: TorchValue
}

/// Which of the values inside a value count.
enum ValueScope {
  /// What a state dict is made of: items and elements, the registered tensors of modules, and the
  /// attributes of objects that have nothing else.
  case model
  /// Everything, so that no tensor of the file is left out.
  case everything
}

/// The values inside a container, in the order of the file, made one at a time: there may be millions.
struct ValueChildren: Sequence {
  enum Group {
    case pairs([PickleGraph.Pair], TorchDocument)
    case elements([PickleGraph.ID], TorchDocument)
    case named(String, TorchValue)

    var count: Int {
      switch self {
      case .pairs(let pairs, _): pairs.count
      case .elements(let elements, _): elements.count
      case .named: 1
      }
    }

    func child(at position: Int) -> ValueChild {
      switch self {
      case .pairs(let pairs, let document):
        ValueChild(
          label: .key(TorchValue(document: document, id: pairs[position].key)),
          value: TorchValue(document: document, id: pairs[position].value))
      case .elements(let elements, let document):
        ValueChild(
          label: .position(position),
          value: TorchValue(document: document, id: elements[position]))
      case .named(let name, let value): ValueChild(label: .name(name), value: value)
      }
    }
  }

  var groups: [Group]

  var count: Int { groups.reduce(0) { $0 + $1.count } }

  func makeIterator() -> Iterator { Iterator(groups: groups) }

  struct Iterator: IteratorProtocol {
    let groups: [Group]
    private var group = 0
    private var position = 0

    init(groups: [Group]) { self.groups = groups }

    mutating func next() -> ValueChild? {
      while group < groups.count, position >= groups[group].count {
        group += 1
        position = 0
      }
      guard group < groups.count else { return nil }
      defer { position += 1 }
      return groups[group].child(at: position)
    }
  }
}

extension ValueChildren {
  /// The values in `value`, which is a resolved container.
  init(of value: TorchValue, scope: ValueScope) {
    switch value.node {
    case .dict(let pairs): groups = [.pairs(pairs, value.document)]
    case .list(let elements), .tuple(let elements), .set(let elements):
      groups = [.elements(elements, value.document)]
    case .object(let object): groups = Self.groups(object, of: value, scope: scope)
    default: groups = []
    }
    value.document.reading.examinedValueCount += count + 1
  }

  /// The attributes that BUILD was given: a dictionary, or a pair of `__dict__` and slots.
  init(attributes state: TorchValue) {
    if state.isNone {
      groups = []
    } else if let pairs = state.pairs {
      groups = [.pairs(pairs, state.document)]
    } else if let parts = state.tuple, parts.count == 2, !parts.allSatisfy(\.isNone),
      parts.allSatisfy({ $0.isNone || $0.pairs != nil })
    {
      groups = parts.compactMap { part in part.pairs.map { .pairs($0, part.document) } }
    } else {
      groups = [.named("state", state)]
    }
  }

  private static func groups(
    _ object: PickleGraph.Object, of value: TorchValue, scope: ValueScope
  ) -> [Group] {
    switch value.meaning {
    case .mapping:
      [.pairs(value.pairs ?? [], value.document)] + ownAttributes(object, of: value, scope: scope)
    case .sequence:
      [.elements(elements(object, of: value), value.document)]
        + ownAttributes(object, of: value, scope: scope)
    case .array, .arrayFromBuffer, .arrayScalar:
      objects(object, of: value).map { [.elements($0, value.document)] } ?? []
    default: ModulePickle(object, of: value)?.groups(scope: scope) ?? parts(object, of: value)
    }
  }

  /// The attributes of a dictionary or list, which are not its items.
  ///
  /// `_metadata` is read elsewhere.
  private static func ownAttributes(
    _ object: PickleGraph.Object, of value: TorchValue, scope: ValueScope
  ) -> [Group] {
    guard scope == .everything else { return [] }
    return object.states.flatMap { state in
      ValueChildren(attributes: value.sibling(state)).without(["_metadata"])
    }
  }

  /// The groups without the entries of those keys.
  func without(_ names: Set<String>) -> [Group] {
    groups.map { group in
      guard case .pairs(let pairs, let document) = group else { return group }
      let kept = pairs.filter { pair in
        guard let name = document.graph.text(pair.key) else { return true }
        return !names.contains(name)
      }
      return .pairs(kept, document)
    }
  }

  /// The values in an array of objects, in row-major order; nil if it is another array.
  private static func objects(
    _ object: PickleGraph.Object, of value: TorchValue
  ) -> [PickleGraph.ID]? {
    TensorCall(value).flatMap(NumpyValue.init)?.objects.flatMap {
      value.document.graph.sequence($0.id)
    }
  }

  /// Everything in an object of an unknown class.
  private static func parts(_ object: PickleGraph.Object, of value: TorchValue) -> [Group] {
    let document = value.document
    var groups =
      [.pairs(object.items, document), .elements(object.elements, document)]
      + object.states.flatMap { ValueChildren(attributes: value.sibling($0)).groups }
    if let keywords = object.keywordArguments.map(value.sibling) {
      groups.insert(.pairs(keywords.pairs ?? [], document), at: 2)
    }
    groups.insert(contentsOf: argumentParts(object, of: value), at: 0)
    // A function that was itself made by a call, as `functools.partial`, has arguments too.
    let callee = value.sibling(object.callee)
    if callee.object != nil { groups.insert(.named("function", callee), at: 0) }
    return groups
  }

  /// What an object of an unknown class was made with.
  private static func argumentParts(
    _ object: PickleGraph.Object, of value: TorchValue
  ) -> [Group] {
    let document = value.document
    let arguments = document.graph.tuple(object.arguments) ?? []
    if let content = content(object, arguments, of: value) { return [content] }
    let isContainer = !object.items.isEmpty || !object.elements.isEmpty
    return isContainer && !arguments.isEmpty
      ? [.named("args", value.sibling(object.arguments))] : [.elements(arguments, document)]
  }

  /// What a subclass of tuple, list or dict holds, where its pickle gives all of it as one argument.
  private static func content(
    _ object: PickleGraph.Object, _ arguments: [PickleGraph.ID], of value: TorchValue
  ) -> Group? {
    let graph = value.document.graph
    // `tuple.__new__(C, (a, b))`.
    if object.kind == .newObject, arguments.count == 1, let elements = graph.tuple(arguments[0]) {
      return .elements(elements, value.document)
    }
    // Protocols 0 and 1: `copyreg._reconstructor(C, dict, {…})`.
    guard arguments.count == 3, let callee = value.sibling(object.callee).global,
      callee.module == "copyreg", callee.name == "_reconstructor"
    else { return nil }
    if case .dict(let pairs) = graph[arguments[2]] { return .pairs(pairs, value.document) }
    return .elements(graph.sequence(arguments[2]) ?? [], value.document)
  }

  /// `deque([…], length)`, `set([…])`: the elements of the arguments, and those that were appended.
  private static func elements(
    _ object: PickleGraph.Object, of value: TorchValue
  ) -> [PickleGraph.ID] {
    let graph = value.document.graph
    return (value.arguments ?? []).flatMap { graph.sequence($0.id) ?? [] } + object.elements
  }
}

extension TorchValue {
  /// The keys and values, if it is a dictionary or an object that is one.
  var pairs: [PickleGraph.Pair]? {
    guard document.graph.kind(id) == .dict || meaning == .mapping else { return nil }
    switch node {
    case .dict(let pairs): return pairs
    case .object(let object):
      return (arguments ?? []).flatMap(\.argumentPairs) + object.items
    default: return nil
    }
  }

  /// `OrderedDict([[key, value], …])` of Python 2, `dict(…)`, `Counter({…})`.
  private var argumentPairs: [PickleGraph.Pair] {
    let graph = document.graph
    document.reading.examinedValueCount += graph.count(id)
    if case .dict(let pairs) = node { return pairs }
    return (graph.sequence(id) ?? []).compactMap { element in
      guard graph.count(element) == 2, let parts = graph.sequence(element) else { return nil }
      return PickleGraph.Pair(key: parts[0], value: parts[1])
    }
  }
}
