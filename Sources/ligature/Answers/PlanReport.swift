internal import Checkpoints
internal import TensorStorage

/// What `--dry-run` tells: the plan.
struct PlanReport: Answer {
  let plan: WritePlan
  /// Whether every tensor has a line of its own.
  let listsAll: Bool
  /// What was done to the models, if the tensors are the outcome of a surgery.
  let surgery: SurgeryReport?

  func write(to page: inout Page) throws {
    try surgery?.write(to: &page)
    page.line(.heading, "files (\(plan.format.rawValue))")
    var files = Table(.left, .right, .right)
    for file in plan.files {
      files.cell(escaped(file.path))
      files.cell(Numerals.bytes(file.byteCount))
      let link = file.link.map { "links to \(escaped($0.target))" }
      files.cell(link ?? "\(Numerals.grouped(file.byteCount)) bytes", .faint)
    }
    files.write(to: &page, indentation: 2)
    page.line()
    writeTensors(to: &page)
    for file in plan.removedFiles { page.line("  removes \(escaped(file))") }
    page.line()
    writeTotals(to: &page)
  }

  private func writeTensors(to page: inout Page) {
    page.line(.heading, "tensors")
    var table = Table(.left, .left, .left, .left, .left, .right)
    for row in rows {
      let tensor = plan.tensors[row.members[0]]
      table.cell(row.name)
      table.cell(Self.word(for: tensor), .accent)
      table.cell(detail(of: row))
      table.cell(shape: tensor.shape)
      table.cell(row.members.count > 1 ? "×\(row.members.count)" : "")
      table.cell(Numerals.bytes(row.members.reduce(0) { $0 + plan.tensors[$1].byteCount }))
    }
    table.write(to: &page, indentation: 2)
  }

  private var rows: [NameFolding.Row] {
    let names = plan.tensors.map(\.sourceName)
    if listsAll { return NameFolding.unfoldedRows(of: names) }
    return NameFolding.rows(of: names) { position in
      let tensor = plan.tensors[position]
      return PlanKind(
        word: Self.word(for: tensor), detail: Self.detail(of: tensor),
        target: tensor.isRenamed ? tensor.name.map(Self.template) : nil, dtype: tensor.dtype,
        shape: tensor.shape)
    }
  }

  /// A name with its numbers left out: names of renamed layers that fold have the same.
  private static func template(_ name: TensorName) -> String {
    name.text.split(separator: ".", omittingEmptySubsequences: false).map { segment in
      segment.utf8.allSatisfy { (0x30...0x39).contains($0) } ? "#" : segment
    }.joined(separator: ".")
  }

  /// What the word leaves open for all tensors of a row: their new names are folded as the old ones are.
  private func detail(of row: NameFolding.Row) -> String {
    let tensors = row.members.map { plan.tensors[$0] }
    let detail = Self.detail(of: tensors[0])
    guard tensors[0].isRenamed else { return detail }
    let names = NameFolding.rows(of: tensors.compactMap(\.name)) { _ in 0 }.map(\.name)
    return "\(detail), as \(names.joined(separator: ", "))"
  }

  private func writeTotals(to page: inout Page) {
    var table = Table(.left, .right)
    for (title, byteCount) in [
      ("read", plan.readByteCount), ("written", plan.writtenByteCount),
      ("peak memory for buffers", plan.peakMemoryByteCount), ("free disk", plan.freeDiskByteCount),
    ] {
      table.cell(title)
      table.cell(byteCount.map(Numerals.bytes) ?? "unknown")
    }
    table.write(to: &page)
  }
}

extension PlanReport {
  /// What is done, in a word.
  private static func word(for tensor: PlannedTensor) -> String {
    switch tensor.action {
    case .copy, .gather: tensor.isRenamed ? "rename" : "copy"
    case .cast: "cast"
    case .rows: "rows"
    case .compute: "compute"
    case .alias: "alias"
    case .pooled: "share"
    case .drop: "drop"
    }
  }

  /// What the word leaves open.
  private static func detail(of tensor: PlannedTensor) -> String {
    var details: [String] = []
    if tensor.dtype != tensor.sourceDType {
      details.append("\(tensor.sourceDType.name) → \(tensor.dtype.name)")
    } else {
      details.append(tensor.dtype.name)
    }
    if case .gather = tensor.action { details.append("packed") }
    if case .alias(let other) = tensor.action { details.append("of \(escaped(other.text))") }
    if case .pooled(let file) = tensor.action { details.append("in \(escaped(file))") }
    if case .drop(let reason) = tensor.action { details.append(reason) }
    if case .compute(let formula) = tensor.action { details.append(escaped(formula)) }
    return details.joined(separator: ", ")
  }
}

/// What tensors in one row of the plan have in common.
private struct PlanKind: Hashable {
  var word: String
  var detail: String
  var target: String?
  var dtype: DType
  var shape: [Int]
}

extension PlanReport {
  func write(to json: inout JSONDocument) throws {
    try surgery?.write(to: &json)
    json.member("format", .string(plan.format.rawValue))
    json.beginArray("files")
    for file in plan.files {
      json.element([
        "path": .string(file.path), "bytes": .int(file.byteCount),
        "linkTo": file.link.map { .string($0.target) } ?? nil,
      ])
    }
    json.endArray()
    json.member("removedFiles", .array(plan.removedFiles.map { .string($0) }))
    json.beginArray("tensors")
    for row in NameFolding.unfoldedRows(of: plan.tensors.map(\.sourceName)) {
      json.element(value(of: plan.tensors[row.members[0]]))
    }
    json.endArray()
    json.member("readBytes", .int(plan.readByteCount))
    json.member("writtenBytes", .int(plan.writtenByteCount))
    json.member("peakMemoryBytes", .int(plan.peakMemoryByteCount))
    json.member("freeDiskBytes", plan.freeDiskByteCount.map { .int($0) } ?? nil)
    json.member("remarks", .array(plan.remarks.map { .string($0) }))
  }

  private func value(of tensor: PlannedTensor) -> JSONValue {
    var aliasOf = JSONValue.null
    var reason = JSONValue.null
    if case .alias(let other) = tensor.action { aliasOf = .string(other.text) }
    if case .drop(let text) = tensor.action { reason = .string(text) }
    if case .compute(let formula) = tensor.action { reason = .string(formula) }
    return [
      "source": .string(tensor.sourceName.text),
      "name": tensor.name.map { .string($0.text) } ?? nil,
      "action": .string(Self.word(for: tensor)),
      "sourceDtype": .string(tensor.sourceDType.name), "dtype": .string(tensor.dtype.name),
      "shape": .shape(tensor.shape), "bytes": .int(tensor.byteCount),
      "file": tensor.file.map { .string(plan.files[$0].path) } ?? nil,
      "aliasOf": aliasOf, "reason": reason,
    ]
  }
}
