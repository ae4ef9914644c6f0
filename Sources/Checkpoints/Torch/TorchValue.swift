internal import TensorStorage

/// A value of a pickle, with the document it stands in.
struct TorchValue {
  let document: TorchDocument
  let id: PickleGraph.ID

  var node: PickleGraph.Node { document.graph[id] }
  var text: String? { document.graph.text(id) }
  var int: Int? { document.graph.int(id) }
  var float: Double? { document.graph.float(id) }
  var bool: Bool? { document.graph.bool(id) }
  var isNone: Bool { document.graph.kind(id) == .none }

  /// The elements, if it is a tuple of no more than the arguments of a call.
  var tuple: [TorchValue]? {
    document.graph.tuple(id, upTo: TorchLimits.argumentCount)?.map(sibling)
  }

  /// The elements, if it is a list or a tuple.
  var sequence: [TorchValue]? { document.graph.sequence(id)?.map(sibling) }

  /// Another value of the same document.
  func sibling(_ id: PickleGraph.ID) -> TorchValue { TorchValue(document: document, id: id) }

  /// The call, if it is one, with a copy of all that it was given.
  var object: PickleGraph.Object? {
    guard case .object(let object) = node else { return nil }
    return object
  }

  /// What the call stands for, if it is one.
  var meaning: TorchGlobal? { document.graph.callee(id).map(document.meaning) }

  /// The arguments, if it is a call and has no more than any that means something here.
  var arguments: [TorchValue]? { document.graph.argumentTuple(id).flatMap { sibling($0).tuple } }

  /// The global, if it is one.
  var global: PickleGraph.Global? { document.global(at: id) }
}

// Values are equal when they are the same: a pickle's own notion of identity.
extension TorchValue: Hashable {
  static func == (a: TorchValue, b: TorchValue) -> Bool {
    a.id == b.id && a.document === b.document
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(ObjectIdentifier(document))
  }
}

extension TorchValue {
  /// The value it stands for: wrappers that only hand on another value are seen through.
  func resolved() throws(FormatError) -> TorchValue {
    var value = self
    for _ in 0..<TorchLimits.wrapperDepth {
      switch value.meaning {
      case .loadFromBytes: value = try value.document.nestedRoot(of: value)
      case .transparent:
        guard let first = value.arguments?.first else { return value }
        value = first
      default: return value
      }
    }
    // Only a wrapper that is its own argument comes here.
    throw document.reading.error(.nestedTooDeep(limit: TorchLimits.wrapperDepth))
  }

  /// The integers of a list or tuple of integers, or of a `torch.Size`; nil if there are more than dimensions.
  var integers: [Int]? {
    meaning == .size ? arguments?.first?.plainIntegers : plainIntegers
  }

  private var plainIntegers: [Int]? {
    guard document.graph.count(id) <= TorchLimits.rank,
      let elements = document.graph.sequence(id)
    else { return nil }
    var result: [Int] = []
    result.reserveCapacity(elements.count)
    for element in elements {
      guard let value = document.graph.int(element) else { return nil }
      result.append(value)
    }
    return result
  }

  /// The dtype, if it is a global like `torch.float16`.
  var dtype: DType? {
    guard let global, global.module == "torch" else { return nil }
    return DType(torchName: global.name)
  }
}
