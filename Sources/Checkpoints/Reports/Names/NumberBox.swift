internal import TensorStorage

/// Names that are the product of one set of numbers for each numeric segment.
struct NumberBox {
  /// The numbers of each segment, sorted.
  private(set) var sets: [[Int]]
  /// The positions of the names.
  private(set) var members: [Int]

  /// Cuts names of one template, given by position, into boxes.
  static func boxes(of members: [Int], in names: SplitNames) -> [NumberBox] {
    guard members.count > 1 else { return members.map { NumberBox($0, in: names) } }
    let whole = NumberBox(around: members, in: names)
    // The names are different, so that as many as the product has are all of them.
    if Layout.elementCount(of: whole.sets.map(\.count)) == members.count { return [whole] }
    return united(members.map { NumberBox($0, in: names) })
  }

  /// The box of one name.
  private init(_ member: Int, in names: SplitNames) {
    sets = names.numbers(at: member).map { [$0] }
    members = [member]
  }

  /// The smallest box with all of the names in it, and perhaps others.
  private init(around members: [Int], in names: SplitNames) {
    self.members = members
    sets = (0..<names.numbers(at: members[0]).count).map { segment in
      Set(members.map { names.number(segment, at: $0) }).sorted()
    }
  }

  /// Unites boxes that differ in one segment, segment after segment.
  private static func united(_ boxes: [NumberBox]) -> [NumberBox] {
    var boxes = boxes
    for segment in boxes[0].sets.indices {
      var positions: [[[Int]]: Int] = [:]
      var result: [NumberBox] = []
      for box in boxes {
        var others = box.sets
        others[segment] = []
        if let position = positions[others] {
          result[position].sets[segment] += box.sets[segment]
          result[position].members += box.members
        } else {
          positions[others] = result.count
          result.append(box)
        }
      }
      for position in result.indices { result[position].sets[segment].sort() }
      boxes = result
    }
    return boxes
  }
}
