/// Where the names of a checkpoint's entries stand among them.
///
/// The entries keep the names. As long as each comes after the one before, which is so in what the
/// reference writer of safetensors sorted, they are bisected and nothing is held here. The first name out of
/// order has all of them entered in a table of hashes and positions. (A dictionary would hold every name once
/// more. On a header of 100,000 tensors it took a fifth of the time, and the table a tenth.)
struct NameIndex: Sendable {
  /// A place of the table; free if the position is negative.
  private struct Slot {
    var hash: UInt32 = 0
    var position: Int32 = -1
  }

  /// A power of two of places, at most half of them taken; empty while the names are in order.
  ///
  /// An entry stands in the first free place from the one that its hash says.
  private var slots: [Slot] = []

  /// The position of the entry with that name.
  func position(of name: TensorName, in entries: [Checkpoint.Entry]) -> Int? {
    if slots.isEmpty { return bisect(name, entries) }
    let slot = slots[place(of: name, hash: Self.hash(of: name), in: entries)]
    return slot.position >= 0 ? Int(slot.position) : nil
  }

  /// Notes that the next entry will have that name; false, and nothing, if one of them has it already.
  mutating func insert(_ name: TensorName, after entries: [Checkpoint.Entry]) -> Bool {
    if slots.isEmpty {
      guard let last = entries.last, !(last.name < name) else { return true }
      if last.name == name || bisect(name, entries) != nil { return false }
    }
    if (entries.count + 1) * 2 > slots.count { enter(entries) }
    let hash = Self.hash(of: name)
    let place = place(of: name, hash: hash, in: entries)
    guard slots[place].position < 0 else { return false }
    slots[place] = Slot(hash: hash, position: Int32(entries.count))
    return true
  }

  /// The position of the name among entries that are in the order of theirs.
  private func bisect(_ name: TensorName, _ entries: [Checkpoint.Entry]) -> Int? {
    var range = entries.indices
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      if entries[middle].name == name { return middle }
      range =
        entries[middle].name < name ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  /// Makes a table with room for as many names as the array of the entries has, and enters those there are.
  private mutating func enter(_ entries: [Checkpoint.Entry]) {
    var capacity = 16
    while capacity < max(entries.capacity, entries.count + 1) * 2 { capacity *= 2 }
    let old = slots
    slots = [Slot](repeating: Slot(), count: capacity)
    if old.isEmpty {
      for position in entries.indices {
        enter(Slot(hash: Self.hash(of: entries[position].name), position: Int32(position)))
      }
    } else {
      for slot in old where slot.position >= 0 { enter(slot) }
    }
  }

  private mutating func enter(_ slot: Slot) {
    var place = home(of: slot.hash)
    while slots[place].position >= 0 { place = next(place) }
    slots[place] = slot
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
