/// What PUT stored under numbers: references, not copies, so that a container filled after it was stored
/// is found filled.
///
/// Picklers number from 0 or 1 in order, which is an array; any other number goes to a dictionary, so that
/// a huge one costs no more than a small one.
struct PickleMemo {
  /// -1 where nothing is stored.
  private var dense: [Int32] = []
  private var sparse: [UInt64: Int32] = [:]

  /// How many numbers are taken: what MEMOIZE takes next.
  private(set) var count = 0

  mutating func reserveCapacity(_ capacity: Int) { dense.reserveCapacity(capacity) }

  /// The reference stored under `number`.
  func value(at number: UInt64) -> Int32? {
    if number < UInt64(dense.count) {
      let reference = dense[Int(number)]
      if reference >= 0 { return reference }
    }
    return sparse.isEmpty ? nil : sparse[number]
  }

  /// Stores a reference, in place of an earlier one under the same number; false if it is one too many out of
  /// order.
  mutating func store(_ reference: Int32, at number: UInt64, unorderedLimit: Int) -> Bool {
    // The array stays half full, but for its beginning.
    guard number < UInt64(2 * count + 64) else {
      if sparse.updateValue(reference, forKey: number) == nil { count += 1 }
      return sparse.count <= unorderedLimit
    }
    let index = Int(number)
    while dense.count <= index { dense.append(-1) }
    if dense[index] < 0, sparse.isEmpty || sparse.removeValue(forKey: number) == nil { count += 1 }
    dense[index] = reference
    return true
  }
}
