internal import TensorStorage

/// What values that are not tensors are, in a few words: `int 3`, `dict of 4`, `argparse.Namespace`.
///
/// Whatever a value holds, its description costs the same: a thousand are made.
enum ValueDescription {
  /// How much of a text is shown, and the most bytes that so many characters are looked for in.
  private static let shownCharacterCount = 40
  private static let shownByteCount = 400

  static func of(_ value: TorchValue) -> String {
    let graph = value.document.graph
    let count = graph.count(value.id)
    switch graph.kind(value.id) {
    case .none: return "None"
    case .bool: return value.bool == true ? "bool True" : "bool False"
    case .int: return "int \(value.int ?? 0)"
    case .bigInt: return "int of \(count) bytes"
    case .float: return "float \(PythonText.number(value.float ?? 0))"
    case .text, .byteString: return text(value, byteCount: count)
    case .bytes: return bytes(count)
    case .list: return "list of \(count)"
    case .tuple: return "tuple of \(count)"
    case .set: return "set of \(count)"
    case .dict: return "dict of \(count)"
    case .global: return value.global.map { "\($0.module).\($0.name)" } ?? "global"
    case .persistent: return value.isStorage ? "storage" : "class"
    case .object: return object(value)
    }
  }

  private static func object(_ value: TorchValue) -> String {
    if let source = value.byteSource { return bytes(source.byteCount) }
    let name = value.className ?? "object"
    switch value.meaning {
    case .mapping, .sequence: return "\(name) of \(contentCount(value))"
    case .size: return "torch.Size \(value.integers ?? [])"
    case .array, .arrayScalar, .arrayFromBuffer:
      guard let array = TensorCall(value).flatMap(NumpyValue.init) else { return name }
      return "numpy array of dtype \(array.typeName), shape \(array.shape)"
    default: return value.meaning?.isTensor == true ? "tensor" : name
    }
  }

  /// How many items or elements a dictionary, list or set has that a call makes.
  private static func contentCount(_ value: TorchValue) -> Int {
    let graph = value.document.graph
    let arguments = value.arguments ?? []
    return arguments.reduce(graph.count(value.id)) { sum, argument in
      switch graph.kind(argument.id) {
      case .list, .tuple, .set, .dict: sum + graph.count(argument.id)
      default: sum
      }
    }
  }

  private static func text(_ value: TorchValue, byteCount: Int) -> String {
    guard let start = value.document.graph.textPrefix(value.id, byteCount: shownByteCount) else {
      return "text that is not UTF-8, \(count(byteCount, "byte"))"
    }
    let shown = start.prefix(shownCharacterCount)
    return "text " + PythonText.quoted(String(shown)) + (shown.utf8.count < byteCount ? "…" : "")
  }

  private static func bytes(_ byteCount: Int) -> String { "bytes, \(count(byteCount, "byte"))" }

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
