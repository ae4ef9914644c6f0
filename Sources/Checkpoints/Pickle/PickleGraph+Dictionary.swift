extension PickleGraph {
  /// The pairs of the dict at `id` as Python would hold them; nil if it is something else.
  package func dictionary(_ id: ID) -> [Pair]? {
    let cell = cells.cells[Int(id.position)]
    return cell.kind == .dict ? withoutDuplicates(cells.pairs(from: cell.small)) : nil
  }

  /// What a Python dictionary keeps of pairs: of equal keys the last value, in the place of the first.
  ///
  /// Keys are equal as in Python where they are texts, bytes, numbers or bools (`1`, `1.0` and `True` are one
  /// key); any other is equal to itself only.
  package func withoutDuplicates(_ pairs: [Pair]) -> [Pair] {
    var result: [Pair] = []
    var places: [Key: Int] = [:]
    result.reserveCapacity(pairs.count)
    places.reserveCapacity(pairs.count)
    for pair in pairs {
      let key = key(pair.key)
      if let place = places[key] {
        result[place] = Pair(key: result[place].key, value: pair.value)
      } else {
        places[key] = result.count
        result.append(pair)
      }
    }
    return result
  }

  /// What makes keys equal.
  private enum Key: Hashable {
    case text(ArraySlice<UInt8>)
    case bytes(ArraySlice<UInt8>)
    case bigInt(ArraySlice<UInt8>)
    case int(Int)
    case float(Double)
    case other(Int32)
  }

  private func key(_ id: ID) -> Key {
    let cell = cells.cells[Int(id.position)]
    switch cell.kind {
    case .text, .byteString: return .text(cells.bytes(of: cell))
    case .bytes: return .bytes(cells.bytes(of: cell))
    case .bigInt: return .bigInt(cells.bytes(of: cell))
    case .int, .bool: return .int(cell.large)
    case .float:
      let value = Double(bitPattern: UInt64(bitPattern: Int64(cell.large)))
      // A NaN is equal to nothing but itself.
      if value.isNaN { return .other(id.position) }
      return Int(exactly: value).map(Key.int) ?? .float(value)
    default: return .other(id.position)
    }
  }
}
