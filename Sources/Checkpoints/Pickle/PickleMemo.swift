/// What PUT stored under numbers: references, not copies, so that a container filled after it was stored
/// is found filled.
///
/// Python numbers from 0 in order, which is an array; any other number goes to a dictionary, so that a
/// huge one costs no more than a small one.
struct PickleMemo {
  private var dense: [Int32] = []
  private var sparse: [UInt64: Int32] = [:]

  /// How many numbers are taken: what MEMOIZE takes next.
  var count: Int { dense.count + sparse.count }

  /// The reference stored under `number`.
  func value(at number: UInt64) -> Int32? {
    if number < UInt64(dense.count) { return dense[Int(number)] }
    return sparse.isEmpty ? nil : sparse[number]
  }

  /// Stores a reference, in place of an earlier one under the same number.
  mutating func store(_ reference: Int32, at number: UInt64) {
    if number < UInt64(dense.count) {
      dense[Int(number)] = reference
    } else if number == UInt64(dense.count), sparse[number] == nil {
      dense.append(reference)
    } else {
      sparse[number] = reference
    }
  }
}
