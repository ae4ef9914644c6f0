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
    var groups: [NameTemplate: Int] = [:]
    var members: [[Int]] = []
    var split = SplitNames(capacity: names.count)
    for position in names.indices {
      split.append(names[position])
      if let group = groups[split.template] {
        members[group].append(position)
      } else {
        groups[split.template] = members.count
        members.append([position])
      }
    }
    let boxes = members.flatMap { group in
      parts(of: group, kind: kind).flatMap { NumberBox.boxes(of: $0, in: split) }
    }
    let lowest = boxes.map { box in
      text(of: names[box.members[0]], numbers: box.sets.map { "\($0[0])" })
    }
    return NaturalOrder.sorted(lowest.map { TensorName($0) }).map { position in
      let box = boxes[position]
      let sets = box.sets.map { $0.count == 1 ? "\($0[0])" : braces($0) }
      return Row(name: text(of: names[box.members[0]], numbers: sets), members: box.members)
    }
  }

  /// The positions, those of one kind together.
  private static func parts<Kind: Hashable>(of members: [Int], kind: (Int) -> Kind) -> [[Int]] {
    let first = kind(members[0])
    if members.allSatisfy({ kind($0) == first }) { return [members] }
    return Array(Dictionary(grouping: members, by: kind).values)
  }

  /// One row for each name, in natural order.
  package static func unfoldedRows(of names: [TensorName]) -> [Row] {
    NaturalOrder.sorted(names).map { Row(name: escaped(names[$0].text), members: [$0]) }
  }

  /// The name with `numbers` in place of its numeric segments, escaped for display.
  private static func text(of name: TensorName, numbers: [String]) -> String {
    if numbers.isEmpty { return escaped(name.text) }
    var numbers = numbers[...]
    let segments = name.text.split(separator: ".", omittingEmptySubsequences: false)
    return segments.map { segment in
      if SplitNames.number(segment.utf8.span) != nil, let number = numbers.popFirst() {
        return number
      }
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
