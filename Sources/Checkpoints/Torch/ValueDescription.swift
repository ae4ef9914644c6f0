internal import TensorStorage

/// What values that are not tensors are, in a few words: `int 3`, `dict of 4`, `argparse.Namespace`.
enum ValueDescription {
  /// How much of a text is shown.
  private static let shownCharacterCount = 40

  static func of(_ value: TorchValue) -> String {
    switch value.node {
    case .none: "None"
    case .bool(let flag): flag ? "bool True" : "bool False"
    case .int(let number): "int \(number)"
    case .bigInt(let digits): "int of \(digits.count) bytes"
    case .float(let number): "float \(PythonText.number(number))"
    case .text(let text): "text \(shown(text))"
    case .malformedText(let bytes): "text that is not UTF-8, \(count(bytes.count, "byte"))"
    case .bytes(let bytes): "bytes, \(count(bytes.count, "byte"))"
    case .list(let elements): "list of \(elements.count)"
    case .tuple(let elements): "tuple of \(elements.count)"
    case .set(let elements): "set of \(elements.count)"
    case .dict(let pairs): "dict of \(pairs.count)"
    case .global(let module, let name): "\(module).\(name)"
    case .persistent: value.isStorage ? "storage" : "class"
    case .object(let object): of(object, value)
    }
  }

  private static func of(_ object: PickleGraph.Object, _ value: TorchValue) -> String {
    if let bytes = value.bytes { return "bytes, \(count(bytes.count, "byte"))" }
    let name = value.className ?? "object"
    switch value.meaning {
    case .mapping: return "\(name) of \(value.pairs?.count ?? 0)"
    case .sequence: return "\(name) of \(ValueChildren(of: value, scope: .model).count)"
    case .size: return "torch.Size \(value.integers ?? [])"
    case .array, .arrayScalar, .arrayFromBuffer:
      guard let array = NumpyValue(TensorCall(object, of: value)) else { return name }
      return "numpy array of dtype \(array.typeName), shape \(array.shape)"
    default: return value.meaning?.isTensor == true ? "tensor" : name
    }
  }

  private static func shown(_ text: String) -> String {
    let start = text.prefix(shownCharacterCount)
    return PythonText.quoted(String(start)) + (start.endIndex < text.endIndex ? "…" : "")
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}

extension TorchValue {
  /// The class of an object, as `module.name`.
  var className: String? {
    guard let callee = document.graph.callee(id), let global = document.global(at: callee) else {
      return nil
    }
    // How protocols 0 and 1 make an object: the class is the first argument.
    if global.module == "copyreg", let named = arguments?.first?.global {
      return "\(named.module).\(named.name)"
    }
    return "\(global.module).\(global.name)"
  }
}
