/// Finds a value by the dotted path that a user gave.
///
/// Keys may hold dots themselves, so that a path is tried in every way in which it can be cut.
struct SelectionPath {
  /// How many values are compared before a path is given up.
  private static let comparedCount = 1 << 22
  /// How many paths are listed where one is not found.
  private static let listedCount = 1000

  let text: String
  let survey: ValueSurvey
  let reading: TorchReading

  /// The value, and the way to it.
  func choice(in root: TorchValue) throws(FormatError) -> StateDictSearch.Choice {
    var found: [StateDictSearch.Choice] = []
    var pending = [(choice: StateDictSearch.Choice(value: root), rest: text[...])]
    var comparedCount = 0
    while let (choice, rest) = pending.popLast() {
      for child in ValueChildren(of: choice.value, scope: .everything) {
        comparedCount += 1
        guard let label = child.label.text, let remainder = Self.remainder(of: rest, after: label)
        else { continue }
        var next = choice
        next.value = try child.value.resolved()
        next.path.append(label)
        next.passed.append((choice.value, next.value))
        if remainder.isEmpty {
          found.append(next)
        } else {
          pending.append((next, remainder.dropFirst()))
        }
      }
      guard comparedCount <= Self.comparedCount else {
        throw reading.error(.tooManyValues(limit: Self.comparedCount))
      }
    }
    return try only(found, root)
  }

  /// What follows `label` at the start of `path`: nothing, or a dot and more; nil if it does not stand there.
  private static func remainder(of path: Substring, after label: String) -> Substring? {
    let count = label.utf8.count
    guard path.utf8.count >= count, path.utf8.prefix(count).elementsEqual(label.utf8) else {
      return nil
    }
    let rest = path[path.utf8.index(path.startIndex, offsetBy: count)...]
    return rest.isEmpty || rest.utf8.first == UInt8(ascii: ".") ? rest : nil
  }

  private func only(
    _ found: [StateDictSearch.Choice], _ root: TorchValue
  ) throws(FormatError) -> StateDictSearch.Choice {
    guard let first = found.first else { throw try unknown(in: root) }
    guard found.allSatisfy({ $0.value == first.value }) else {
      throw reading.error(.ambiguousPath(text))
    }
    guard survey.holdsTensor(first.value) else {
      throw reading.error(.pathWithoutTensors(text, what: ValueDescription.of(first.value)))
    }
    return first
  }

  /// The fault of a path that leads nowhere, with the paths that lead to tensors.
  private func unknown(in root: TorchValue) throws(FormatError) -> FormatError {
    var paths: [String] = []
    var pending = [(value: root, prefix: "")]
    var position = 0
    while position < pending.count, paths.count < Self.listedCount {
      let (value, prefix) = pending[position]
      position += 1
      for child in ValueChildren(of: value, scope: .model) {
        let inner = try child.value.resolved()
        guard survey.holdsTensor(inner), ValueKind(inner) == .container,
          let label = child.label.text, prefix.utf8.count + label.utf8.count < 1000,
          pending.count < Self.listedCount
        else { continue }
        paths.append(prefix + label)
        pending.append((inner, prefix + label + "."))
      }
    }
    return reading.error(
      .unknownPath(text, nearest: NearestName.of(text, among: paths), candidates: paths))
  }
}
