/// How a value is looked at: as a tensor, as something that may hold tensors, or as neither.
enum ValueKind {
  case tensor
  case container
  case leaf

  /// The kind of `value`, which is resolved.
  init(_ value: TorchValue) { self = value.document.kind(of: value.id) }

  /// The same, found out.
  init(looking value: TorchValue) {
    switch value.document.graph.kind(value.id) {
    case .list, .tuple, .set, .dict: self = .container
    case .persistent: self = value.isStorage ? .tensor : .leaf
    case .object: self = ValueKind(value.meaning ?? .unknown, value)
    default: self = .leaf
    }
  }

  private init(_ meaning: TorchGlobal, _ value: TorchValue) {
    switch meaning {
    case .array, .arrayScalar, .arrayFromBuffer:
      let array = TensorCall(value).flatMap(NumpyValue.init)
      self = array?.dtype != nil ? .tensor : array?.objects != nil ? .container : .leaf
    case .size, .device, .layout, .encodedText, .bytes, .bytearray: self = .leaf
    default: self = meaning.isTensor ? .tensor : .container
    }
  }
}

extension TorchValue {
  /// Whether it is a number, a text, None, a global or the like, which never holds a tensor.
  var isPlainValue: Bool { ValueKind(self) == .leaf }

  /// Whether it is a list, tuple, set or dict without anything in it: there may be millions.
  var isEmpty: Bool {
    document.graph.kind(id) != .object && document.graph.count(id) == 0
  }

  /// Whether it is the persistent id of a storage, rather than of a class.
  var isStorage: Bool {
    guard let persistentID = document.graph.persistentID(id),
      let first = sibling(persistentID).tuple?.first
    else { return false }
    return document.graph.text(first.id, upTo: 7) == "storage"
  }

  /// Whether it is an array or a scalar of numpy, rather than a tensor of torch.
  var isArray: Bool { meaning?.isArray ?? false }
}
