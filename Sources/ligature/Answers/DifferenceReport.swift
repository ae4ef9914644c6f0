internal import Checkpoints
internal import TensorStorage

/// What `diff` tells.
struct DifferenceReport: Answer {
  let difference: CheckpointDifference
  /// Whether every missing and extra tensor has a line of its own.
  let listsAll: Bool

  func write(to page: inout Page) {
    section("missing in B", difference.missing, to: &page)
    section("only in B", difference.extra, to: &page)
    writeChanges(to: &page)
    let differing = difference.changed.count { difference.countsAsDifferent($0) }
    let verdict = page.style.apply(
      difference.isEmpty ? .good : .bad, difference.isEmpty ? "same" : "different")
    var facts = ["\(Numerals.count(difference.sameCount, "tensor")) equal"]
    if differing > 0 { facts.append("\(Numerals.grouped(differing)) differ") }
    let accepted = difference.changed.count - differing
    if accepted > 0 { facts.append("\(Numerals.grouped(accepted)) differ in dtype alone") }
    if !difference.missing.isEmpty {
      facts.append("\(Numerals.grouped(difference.missing.count)) missing in B")
    }
    if !difference.extra.isEmpty {
      facts.append("\(Numerals.grouped(difference.extra.count)) only in B")
    }
    page.line("\(verdict): \(facts.joined(separator: ", "))")
  }

  private func section(_ title: String, _ names: [TensorName], to page: inout Page) {
    if names.isEmpty { return }
    page.line(.heading, title)
    let rows =
      listsAll
      ? NameFolding.unfoldedRows(of: names) : NameFolding.rows(of: names) { _ in 0 }
    for row in rows {
      page.line("  \(row.name)\(row.members.count > 1 ? "  ×\(row.members.count)" : "")")
    }
    page.line()
  }

  private func writeChanges(to page: inout Page) {
    if difference.changed.isEmpty { return }
    page.line(.heading, "different")
    var alike = Table(.left, .left, .left)
    for row in changeRows {
      let changes = row.members.map { difference.changed[$0] }
      let change = changes[0]
      let other = change.nameInB == change.name ? "" : " → \(escaped(change.nameInB.text))"
      let count = row.members.count > 1 ? "×\(row.members.count)" : ""
      if change.values == nil {
        alike.cell(row.name + other)
        alike.cell(count)
        alike.cell((Self.facts(of: change) + [Self.comment(on: change)]).joined(separator: ", "))
      } else {
        page.line("  \(row.name)\(other)\(count.isEmpty ? "" : "  " + count)")
        for line in Self.lines(of: changes) { page.line("    " + line) }
      }
    }
    alike.write(to: &page, indentation: 2)
    page.line()
  }

  /// Layers that differ in the same are folded; of their values the worst is told.
  private var changeRows: [NameFolding.Row] {
    let names = difference.changed.map(\.name)
    if listsAll { return NameFolding.unfoldedRows(of: names) }
    return NameFolding.rows(of: names) { position -> [String] in
      let change = difference.changed[position]
      guard change.nameInB == change.name else { return ["\(position)"] }
      let kind = change.values == nil ? Self.comment(on: change) : "\(change.shape)"
      return Self.facts(of: change) + [kind]
    }
  }

  private static func facts(of change: CheckpointDifference.Change) -> [String] {
    var facts: [String] = []
    if let (a, b) = change.dtypes { facts.append("dtype \(a.name) and \(b.name)") }
    if let (a, b) = change.shapes { facts.append("shape \(a) and \(b)") }
    return facts
  }

  /// What is told of tensors of one shape whose values differ.
  private static func lines(of changes: [CheckpointDifference.Change]) -> [String] {
    let change = changes[0]
    let values = changes.compactMap(\.values)
    guard let first = values.first else { return facts(of: change) }
    let whole = values.dropFirst().reduce(first) { $0.merged(with: $1) }
    let index = index(of: first.firstPosition, shape: change.shape)
    let place = changes.count > 1 ? "first in \(escaped(change.name.text)) at" : "first at"
    let (count, _) = (Layout.elementCount(of: change.shape) ?? 0)
      .multipliedReportingOverflow(by: changes.count)
    let share = "\(Numerals.grouped(whole.differingCount)) of \(Numerals.count(count, "value"))"
    return facts(of: change) + ["\(share), \(place) \(index)", measures(of: whole)]
  }

  /// What is said of the values where there is no difference between them.
  private static func comment(on change: CheckpointDifference.Change) -> String {
    change.isComparable ? "values equal" : "values not compared"
  }

  private static func measures(of values: ValueDifference) -> String {
    if values.maximumAbsolute == 0 && values.nonFiniteCount == 0 {
      return "equal as numbers: only signs of zeros or payloads of NaNs differ"
    }
    var measures = [
      "max abs \(Numerals.measured(values.maximumAbsolute))",
      "max rel \(Numerals.measured(values.maximumRelative))",
    ]
    if let cosine = values.cosine {
      measures.append("cosine \(Numerals.fixed(cosine, decimals: 9))")
    }
    if values.nonFiniteCount > 0 {
      measures.append("\(Numerals.grouped(values.nonFiniteCount)) NaN or infinite in one alone")
    }
    return measures.joined(separator: ", ")
  }

  /// The index in each dimension of a row-major position.
  private static func index(of position: Int, shape: [Int]) -> [Int] {
    zip(shape, Layout.packedStrides(of: shape)).map { extent, stride in position / stride % extent }
  }
}

extension DifferenceReport {
  func write(to json: inout JSONDocument) {
    json.member("same", .bool(difference.isEmpty))
    json.member("equal", .int(difference.sameCount))
    json.member("missing", .names(difference.missing))
    json.member("extra", .names(difference.extra))
    json.beginArray("different")
    for change in difference.changed { json.element(value(of: change)) }
    json.endArray()
  }

  private func value(of change: CheckpointDifference.Change) -> JSONValue {
    let kinds = [
      change.dtypes.map { _ in "dtype" }, change.shapes.map { _ in "shape" },
      change.values.map { _ in "values" },
    ]
    return [
      "name": .string(change.name.text), "nameInB": .string(change.nameInB.text),
      "differsIn": .array(kinds.compactMap { $0.map { .string($0) } }),
      "counts": .bool(difference.countsAsDifferent(change)),
      "dtypes": change.dtypes.map { [.string($0.a.name), .string($0.b.name)] } ?? nil,
      "shapes": change.shapes.map { [.shape($0.a), .shape($0.b)] } ?? nil,
      "values": change.values.map { Self.value(of: $0, shape: change.shape) } ?? nil,
    ]
  }

  private static func value(of values: ValueDifference, shape: [Int]) -> JSONValue {
    [
      "differing": .int(values.differingCount),
      "firstIndex": .shape(index(of: values.firstPosition, shape: shape)),
      "maxAbs": .double(values.maximumAbsolute), "maxRel": .double(values.maximumRelative),
      "cosine": values.cosine.map { .double($0) } ?? nil,
      "nonFinite": .int(values.nonFiniteCount),
    ]
  }
}

extension JSONValue {
  /// An array of integers.
  static func shape(_ extents: [Int]) -> JSONValue { .array(extents.map { .int($0) }) }
}
