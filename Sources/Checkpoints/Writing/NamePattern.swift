/// A glob over tensor names, which the whole name must match.
///
/// `*` is any run (dots too), `?` one character, `[a-z]` and `[!a-z]` are sets, `{a,b}` alternatives, `{0..11}` and
/// `{1..11..2}` numbers, as listings fold layers; `\` takes the next character literally.
public struct NamePattern: Sendable, CustomStringConvertible {
  /// The pattern as it was written.
  public let text: String

  private let alternatives: [[Step]]

  private enum Step: Sendable {
    case literal(Unicode.Scalar)
    case any
    case anyRun
    case set([ClosedRange<UInt32>], isNegated: Bool)
  }

  /// `{…}` may multiply: more alternatives than this are a mistake.
  private static let maximumAlternativeCount = 1024

  /// The pattern `text`; nil if a set or a brace is not closed, a range is reversed or has no step, or the braces
  /// stand for more than 1024 alternatives.
  public init?(_ text: String) {
    guard let expanded = Self.expand(Array(text.unicodeScalars)) else { return nil }
    var alternatives: [[Step]] = []
    for scalars in expanded {
      guard let steps = Self.parse(scalars) else { return nil }
      alternatives.append(steps)
    }
    self.text = text
    self.alternatives = alternatives
  }

  /// The pattern as it was written.
  public var description: String { text }

  /// Whether the whole of `name` matches.
  public func matches(_ name: TensorName) -> Bool {
    let scalars = Array(name.text.unicodeScalars)
    return alternatives.contains { Self.match($0, scalars) }
  }

  /// Backtracks to the last `*` only, so the time is at most the product of both lengths.
  private static func match(_ steps: [Step], _ name: [Unicode.Scalar]) -> Bool {
    var step = 0
    var position = 0
    var star: (step: Int, position: Int)?
    while position < name.count {
      if step < steps.count, case .anyRun = steps[step] {
        star = (step, position)
        step += 1
      } else if step < steps.count, accepts(steps[step], name[position]) {
        step += 1
        position += 1
      } else if let last = star {
        star = (last.step, last.position + 1)
        step = last.step + 1
        position = last.position + 1
      } else {
        return false
      }
    }
    return steps[step...].allSatisfy { if case .anyRun = $0 { true } else { false } }
  }

  private static func accepts(_ step: Step, _ scalar: Unicode.Scalar) -> Bool {
    switch step {
    case .literal(let literal): literal == scalar
    case .any: true
    case .anyRun: false
    case .set(let ranges, let isNegated):
      ranges.contains { $0.contains(scalar.value) } != isNegated
    }
  }
}

extension NamePattern {
  /// Multiplies out the braces, innermost last; nil if one is not closed or there are too many.
  private static func expand(_ pattern: [Unicode.Scalar]) -> [[Unicode.Scalar]]? {
    var done: [[Unicode.Scalar]] = []
    var pending = [pattern]
    while let next = pending.popLast() {
      guard let open = firstUnescaped("{", in: next) else {
        done.append(next)
        continue
      }
      guard let parts = alternatives(in: next, after: open) else { return nil }
      pending += parts.reversed()
      guard pending.count + done.count <= maximumAlternativeCount else { return nil }
    }
    return done
  }

  private static func firstUnescaped(
    _ wanted: Unicode.Scalar, in pattern: [Unicode.Scalar]
  ) -> Int? {
    var position = 0
    while position < pattern.count {
      if pattern[position] == wanted { return position }
      position += pattern[position] == "\\" ? 2 : 1
    }
    return nil
  }

  /// The patterns that result when the brace at `open` is replaced by each of its alternatives.
  private static func alternatives(
    in pattern: [Unicode.Scalar], after open: Int
  ) -> [[Unicode.Scalar]]? {
    var depth = 0
    var position = open
    var starts = [open + 1]
    var ends: [Int] = []
    while position < pattern.count {
      switch pattern[position] {
      case "\\": position += 1
      case "{": depth += 1
      case "}": depth -= 1
      case "," where depth == 1:
        ends.append(position)
        starts.append(position + 1)
      default: break
      }
      if depth == 0 { break }
      position += 1
    }
    guard position < pattern.count else { return nil }
    ends.append(position)
    let rest = pattern[(position + 1)...]
    var parts: [[Unicode.Scalar]] = []
    for (start, end) in zip(starts, ends) {
      guard let words = words(of: pattern[start..<end]) else { return nil }
      parts += words
    }
    return parts.map { Array(pattern[..<open]) + $0 + Array(rest) }
  }

  /// What one alternative stands for: the numbers of a range, else itself; nil if they are too many.
  private static func words(of alternative: ArraySlice<Unicode.Scalar>) -> [[Unicode.Scalar]]? {
    let text = String(String.UnicodeScalarView(alternative))
    guard let range = text.wholeMatch(of: /([0-9]+)\.\.([0-9]+)(?:\.\.([0-9]+))?/) else {
      return [Array(alternative)]
    }
    guard let low = Int(range.1), let high = Int(range.2), low <= high, high < .max,
      let step = Int(range.3 ?? "1"), step > 0,
      (high - low) / step < maximumAlternativeCount
    else { return nil }
    return stride(from: low, through: high, by: step).map { Array("\($0)".unicodeScalars) }
  }

  private static func parse(_ pattern: [Unicode.Scalar]) -> [Step]? {
    var steps: [Step] = []
    var position = 0
    while position < pattern.count {
      switch pattern[position] {
      case "*": steps.append(.anyRun)
      case "?": steps.append(.any)
      case "[":
        guard let (set, end) = parseSet(pattern, from: position + 1) else { return nil }
        steps.append(set)
        position = end
      case "\\" where position + 1 < pattern.count:
        position += 1
        steps.append(.literal(pattern[position]))
      default: steps.append(.literal(pattern[position]))
      }
      position += 1
    }
    return steps
  }

  /// A set and the position of its `]`; a `]` that comes first is one of its members.
  private static func parseSet(
    _ pattern: [Unicode.Scalar], from start: Int
  ) -> (Step, Int)? {
    var position = start
    let isNegated =
      position < pattern.count && (pattern[position] == "!" || pattern[position] == "^")
    if isNegated { position += 1 }
    let first = position
    var ranges: [ClosedRange<UInt32>] = []
    while position < pattern.count, pattern[position] != "]" || position == first {
      let low = pattern[position].value
      if position + 2 < pattern.count, pattern[position + 1] == "-", pattern[position + 2] != "]" {
        let high = pattern[position + 2].value
        guard low <= high else { return nil }
        ranges.append(low...high)
        position += 3
      } else {
        ranges.append(low...low)
        position += 1
      }
    }
    guard position < pattern.count else { return nil }
    return (.set(ranges, isNegated: isNegated), position)
  }
}
