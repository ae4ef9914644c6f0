/// Where the names of a checkpoint's entries stand among them.
///
/// The entries keep the names; here are only hashes and positions. A dictionary would hold every name once
/// more, and a header of 100,000 tensors would spend a fifth of its time on that.
struct NameIndex: Sendable {
  /// A place of the table; free if the position is negative.
  private struct Slot {
    var hash: UInt32 = 0
    var position: Int32 = -1
  }

  /// A power of two of places, at most half of them taken; an entry stands in the first free place from the
  /// one that its hash says.
  private var slots: [Slot] = []
  private var count = 0

  /// Makes room for `count` names.
  mutating func reserveCapacity(_ count: Int) {
    let old = slots
    var capacity = 16
    while capacity < count * 2 { capacity *= 2 }
    guard capacity > old.count else { return }
    slots = [Slot](repeating: Slot(), count: capacity)
    for slot in old where slot.position >= 0 {
      var place = home(of: slot.hash)
      while slots[place].position >= 0 { place = next(place) }
      slots[place] = slot
    }
  }

  /// The position of the entry with that name.
  func position(of name: TensorName, in entries: [Checkpoint.Entry]) -> Int? {
    if slots.isEmpty { return nil }
    let slot = slots[place(of: name, hash: Self.hash(of: name), in: entries)]
    return slot.position >= 0 ? Int(slot.position) : nil
  }

  /// Notes that the next entry will have that name; false, and nothing, if one of them has it already.
  mutating func insert(_ name: TensorName, after entries: [Checkpoint.Entry]) -> Bool {
    if (count + 1) * 2 > slots.count { reserveCapacity(max(8, count * 2)) }
    let hash = Self.hash(of: name)
    let place = place(of: name, hash: hash, in: entries)
    guard slots[place].position < 0 else { return false }
    slots[place] = Slot(hash: hash, position: Int32(entries.count))
    count += 1
    return true
  }

  /// The place where the name is, or would be.
  private func place(of name: TensorName, hash: UInt32, in entries: [Checkpoint.Entry]) -> Int {
    var place = home(of: hash)
    while slots[place].position >= 0 {
      if slots[place].hash == hash, entries[Int(slots[place].position)].name == name { break }
      place = next(place)
    }
    return place
  }

  private func home(of hash: UInt32) -> Int { Int(hash) & (slots.count - 1) }

  private func next(_ place: Int) -> Int { (place + 1) & (slots.count - 1) }

  /// The library's hash, which nobody who makes a file can foresee.
  private static func hash(of name: TensorName) -> UInt32 {
    UInt32(truncatingIfNeeded: name.hashValue)
  }
}
