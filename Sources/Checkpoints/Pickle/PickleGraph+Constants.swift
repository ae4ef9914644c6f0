extension PickleGraph {
  /// How deep a plain value may be nested: `_metadata` is two deep.
  private static let constantDepthLimit = 32

  /// How many parts a plain value may have: `_metadata` has three for each module.
  ///
  /// What is shared counts as often as it is met.
  private static let constantCountLimit = 1_000_000

  /// The plain value at `id`; nil if it is, or contains, anything that has to be understood to be written
  /// again, or is nested without end.
  package func constant(_ id: ID) -> PickleConstant? {
    var budget = Self.constantCountLimit
    return constant(id, depth: 0, budget: &budget)
  }

  private func constant(_ id: ID, depth: Int, budget: inout Int) -> PickleConstant? {
    budget -= 1
    guard depth <= Self.constantDepthLimit, budget >= 0 else { return nil }
    switch self[id] {
    case .none: return PickleConstant.none
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value.bitPattern)
    case .text(let text): return .text(text)
    case .list(let elements):
      return constants(elements, depth, &budget).map(PickleConstant.list)
    case .tuple(let elements):
      return constants(elements, depth, &budget).map(PickleConstant.tuple)
    case .dict(let items):
      return pairs(items, depth, &budget).map(PickleConstant.dict)
    case .object(let object):
      guard isOrderedDict(object) else { return nil }
      return pairs(object.items, depth, &budget).map(PickleConstant.orderedDict)
    default: return nil
    }
  }

  /// Whether an object is an `OrderedDict` with items and nothing else.
  private func isOrderedDict(_ object: Object) -> Bool {
    guard let callee = global(object.callee), tuple(object.arguments)?.isEmpty == true else {
      return false
    }
    return callee.module == "collections" && callee.name == "OrderedDict"
      && object.kind == .reduce && object.states.isEmpty && object.elements.isEmpty
  }

  private func constants(
    _ elements: [ID], _ depth: Int, _ budget: inout Int
  ) -> [PickleConstant]? {
    var result: [PickleConstant] = []
    for element in elements {
      guard let value = constant(element, depth: depth + 1, budget: &budget) else { return nil }
      result.append(value)
    }
    return result
  }

  private func pairs(
    _ items: [Pair], _ depth: Int, _ budget: inout Int
  ) -> [PickleConstant.Pair]? {
    var result: [PickleConstant.Pair] = []
    for item in withoutDuplicates(items) {
      guard let key = constant(item.key, depth: depth + 1, budget: &budget),
        let value = constant(item.value, depth: depth + 1, budget: &budget)
      else { return nil }
      result.append(PickleConstant.Pair(key: key, value: value))
    }
    return result
  }
}
