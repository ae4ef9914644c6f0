internal import TensorStorage

/// Repeated layers written as one line: `layers.{0..11}.0.g` for twelve tensors alike.
///
/// Names that differ only in segments that are numbers, and whose tensors are of one kind, are cut into
/// boxes: the product of one set of numbers for each such segment. A set is written as a shell expands it:
/// `{0..11}`, `{1..11..2}`, `{0,1,5..8}`.
package struct NameFolding {
  /// One line of a listing.
  package struct Row: Sendable {
    /// The name, or what the names have in common, escaped for display.
    package var name: String
    /// The positions of the tensors it stands for, in the order given.
    package var members: [Int]
  }

  /// The rows for `names`, in natural order; `kind` is what tensors share that are told in one row.
  package static func rows<Kind: Hashable>(
    of names: [TensorName], kind: (Int) -> Kind
  ) -> [Row] {
    var groups: [GroupKey<Kind>: Int] = [:]
    var boxes: [[Box]] = []
    for (position, name) in names.enumerated() {
      let split = SplitName(name)
      let key = GroupKey(template: split.template, kind: kind(position))
      let box = Box(sets: split.numbers.map { [$0] }, members: [position])
      if let group = groups[key] {
        boxes[group].append(box)
      } else {
        groups[key] = boxes.count
        boxes.append([box])
      }
    }
    let united = boxes.flatMap { merged($0) }
    let lowest = united.map { box in
      text(of: names[box.members[0]], numbers: box.sets.map { "\($0[0])" })
    }
    return NaturalOrder.sorted(lowest.map { TensorName($0) }).map { position in
      let box = united[position]
      let sets = box.sets.map { $0.count == 1 ? "\($0[0])" : braces($0) }
      return Row(name: text(of: names[box.members[0]], numbers: sets), members: box.members)
    }
  }

  /// One row for each name, in natural order.
  package static func unfoldedRows(of names: [TensorName]) -> [Row] {
    NaturalOrder.sorted(names).map { Row(name: escaped(names[$0].text), members: [$0]) }
  }

  /// Unites boxes that differ in one segment, segment after segment.
  private static func merged(_ boxes: [Box]) -> [Box] {
    guard boxes.count > 1 else { return boxes }
    var boxes = boxes
    for segment in boxes[0].sets.indices {
      var positions: [[[Int]]: Int] = [:]
      var united: [Box] = []
      for box in boxes {
        var others = box.sets
        others[segment] = []
        if let position = positions[others] {
          united[position].absorb(box, at: segment)
        } else {
          positions[others] = united.count
          united.append(box)
        }
      }
      boxes = united
    }
    return boxes.map { $0.sorted() }
  }

  /// The name with `numbers` in place of its numeric segments, escaped for display.
  private static func text(of name: TensorName, numbers: [String]) -> String {
    if numbers.isEmpty { return escaped(name.text) }
    var numbers = numbers[...]
    let segments = name.text.split(separator: ".", omittingEmptySubsequences: false)
    return segments.map { segment in
      if SplitName.number(segment.utf8) != nil, let number = numbers.popFirst() { return number }
      return escaped(String(segment))
    }.joined(separator: ".")
  }

  /// A sorted set of numbers as a shell expands it.
  package static func braces(_ numbers: [Int]) -> String {
    if numbers.count > 2, let first = numbers.first, let last = numbers.last {
      let step = numbers[1] - first
      let isRegular = zip(numbers, numbers.dropFirst()).allSatisfy { $1 - $0 == step }
      if isRegular { return step == 1 ? "{\(first)..\(last)}" : "{\(first)..\(last)..\(step)}" }
    }
    return "{" + runs(numbers).map(text(of:)).joined(separator: ",") + "}"
  }

  private static func text(of run: ClosedRange<Int>) -> String {
    switch run.count {
    case 1: "\(run.lowerBound)"
    case 2: "\(run.lowerBound),\(run.upperBound)"
    default: "\(run.lowerBound)..\(run.upperBound)"
    }
  }

  private static func runs(_ numbers: [Int]) -> [ClosedRange<Int>] {
    var runs: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = runs.last, last.upperBound == number - 1 {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs
  }
}

private struct GroupKey<Kind: Hashable>: Hashable {
  var template: [UInt8]
  var kind: Kind
}

/// Names that are the product of one set of numbers for each numeric segment.
private struct Box {
  var sets: [[Int]]
  var members: [Int]

  mutating func absorb(_ other: Box, at segment: Int) {
    sets[segment] += other.sets[segment]
    members += other.members
  }

  func sorted() -> Box {
    Box(sets: sets.map { $0.sorted() }, members: members)
  }
}

/// A name cut at its segments that are numbers.
private struct SplitName {
  /// The name with a byte that UTF-8 does not have for each numeric segment.
  var template: [UInt8] = []
  var numbers: [Int] = []

  init(_ name: TensorName) {
    let bytes = name.text.utf8
    template.reserveCapacity(bytes.count)
    var start = bytes.startIndex
    while true {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: ".")) ?? bytes.endIndex
      if let number = Self.number(bytes[start..<end]) {
        numbers.append(number)
        template.append(0xFF)
      } else {
        template += bytes[start..<end]
      }
      guard end < bytes.endIndex else { return }
      template.append(UInt8(ascii: "."))
      start = bytes.index(after: end)
    }
  }

  /// The number that a segment is, written as a program writes it: no leading zero, 18 digits at most.
  static func number(_ segment: Substring.UTF8View.SubSequence) -> Int? {
    guard !segment.isEmpty, segment.count <= 18 else { return nil }
    guard segment.count == 1 || segment.first != 0x30 else { return nil }
    var value = 0
    for byte in segment {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }
}
