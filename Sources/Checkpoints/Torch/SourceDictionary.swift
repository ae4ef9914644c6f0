internal import TensorStorage

/// The dictionary that torch will be given back, as the source has it.
enum SourceDictionary {
  /// How deep and how large `_metadata` may be to be kept: a version for each module.
  private static let depth = 8
  private static let valueCount = 1 << 20
  /// Texts cost as many values as this many bytes of them.
  private static let bytesPerValue = 16

  /// The kind of the dictionary `value`, with its `_metadata`.
  static func kind(of value: TorchValue) -> DictionaryKind {
    if ModulePickle(value) != nil { return .orderedDict(moduleMetadata: nil) }
    guard value.className == "collections.OrderedDict", let object = value.object else {
      return .dict
    }
    let metadata = object.states.lazy.compactMap { value.sibling($0).value(forKey: "_metadata") }
    var remaining = valueCount
    let constant = metadata.first.flatMap { Self.constant($0, depth: depth, &remaining) }
    return .orderedDict(moduleMetadata: constant)
  }

  /// A value of constants only; nil if there is something else in it.
  private static func constant(
    _ value: TorchValue, depth: Int, _ remaining: inout Int
  ) -> PickleConstant? {
    remaining -= 1
    guard depth > 0, remaining > 0 else { return nil }
    switch value.node {
    case .none: return PickleConstant.none
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .float(let number): return .float(number.bitPattern)
    case .text(let text):
      remaining -= text.utf8.count / bytesPerValue
      return .text(text)
    case .list(let elements):
      return constants(elements, value, depth, &remaining).map(PickleConstant.list)
    case .tuple(let elements):
      return constants(elements, value, depth, &remaining).map(PickleConstant.tuple)
    case .dict(let pairs):
      return constants(pairs, value, depth, &remaining).map(PickleConstant.dict)
    case .object(let object):
      guard value.className == "collections.OrderedDict", object.states.isEmpty else { return nil }
      return constants(value.pairs ?? [], value, depth, &remaining).map(PickleConstant.orderedDict)
    default: return nil
    }
  }

  private static func constants(
    _ elements: [PickleGraph.ID], _ value: TorchValue, _ depth: Int, _ remaining: inout Int
  ) -> [PickleConstant]? {
    var result: [PickleConstant] = []
    for element in elements {
      guard let constant = constant(value.sibling(element), depth: depth - 1, &remaining) else {
        return nil
      }
      result.append(constant)
    }
    return result
  }

  private static func constants(
    _ pairs: [PickleGraph.Pair], _ value: TorchValue, _ depth: Int, _ remaining: inout Int
  ) -> [PickleConstant.Pair]? {
    var result: [PickleConstant.Pair] = []
    for pair in pairs {
      guard let key = constant(value.sibling(pair.key), depth: depth - 1, &remaining),
        let value = constant(value.sibling(pair.value), depth: depth - 1, &remaining)
      else { return nil }
      result.append(PickleConstant.Pair(key: key, value: value))
    }
    return result
  }
}
