/// How a value is looked at: as a tensor, as something that may hold tensors, or as neither.
enum ValueKind {
  case tensor
  case container
  case leaf

  /// The kind of `value`, which is resolved.
  init(_ value: TorchValue) {
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
      let array = value.object.flatMap { NumpyValue(TensorCall($0, of: value)) }
      self = array?.dtype != nil ? .tensor : array?.objects != nil ? .container : .leaf
    case .size, .device, .layout, .encodedText, .bytes, .bytearray: self = .leaf
    default: self = meaning.isTensor ? .tensor : .container
    }
  }
}

extension TorchValue {
  /// Whether it is a number, a text, None, a global or the like, which never holds a tensor.
  var isPlainValue: Bool { ValueKind(self) == .leaf }

  /// Whether it is the persistent id of a storage, rather than of a class.
  var isStorage: Bool {
    guard case .persistent(let id) = node else { return false }
    return sibling(id).tuple?.first?.text == "storage"
  }

  /// Whether it is an array or a scalar of numpy, rather than a tensor of torch.
  var isArray: Bool { meaning?.isArray ?? false }
}
