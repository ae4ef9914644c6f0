internal import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// What `fit` found out.
struct FitReport: Answer {
  let configured: ConfiguredCheckpoint
  let report: BindingReport
  let listsAll: Bool

  // So many lines of one kind say enough; `--all` lists the rest.
  private static let lineCount = 20

  func write(to page: inout Page) {
    var table = Table(.left, .left)
    row(&table, "configuration", origin)
    row(&table, "release", configured.configuration.dialect.description)
    if !report.prefix.isEmpty { row(&table, "prefix", escaped(report.prefix)) }
    row(&table, "bound", Numerals.grouped(report.boundCount))
    row(&table, "missing", Numerals.grouped(report.missing.count))
    row(&table, "unexpected", Numerals.grouped(report.unexpected.count))
    row(&table, "mismatched", Numerals.grouped(report.mismatched.count))
    row(
      &table, "parameters",
      "\(Numerals.grouped(report.predictedCount)) predicted, "
        + "\(Numerals.grouped(report.foundCount)) found, "
        + "\(Numerals.grouped(report.trainableCount)) trainable")
    if report.bufferCount > 0 { row(&table, "buffers", Numerals.grouped(report.bufferCount)) }
    table.write(to: &page)
    list("missing", report.missing.map(Self.line), to: &page)
    list("unexpected", report.unexpected.map(Self.line), to: &page)
    list(
      "mismatched",
      report.mismatched.map { "\(escaped($0.name))  \($0.expected) needed, \($0.found) found" },
      to: &page)
    list("shared", report.sharedNames.map { $0.map(escaped).joined(separator: " = ") }, to: &page)
    list("undecided", configured.questions.map(\.sentence), to: &page)
    if !configured.untraced.isEmpty {
      let names = configured.untraced.map(escaped).joined(separator: ", ")
      list("without a trace, taken at their defaults", [names], to: &page)
    }
    if configured.origin == .inferred {
      page.line()
      page.line(.heading, "inferred configuration")
      page.write(configured.configuration.json())
    }
  }

  private var origin: String {
    switch configured.origin {
    case .file(let path): escaped(path)
    case .inferred: "inferred from names and shapes"
    }
  }

  private func row(_ table: inout Table, _ title: String, _ text: String) {
    table.cell(title, .heading)
    table.cell(text)
  }

  private static func line(_ stray: BindingReport.Stray) -> String {
    "\(escaped(stray.name))  \(stray.shape)"
      + (stray.nearest.map { "  did you mean '\(escaped($0))'?" } ?? "")
  }

  private func list(_ title: String, _ lines: [String], to page: inout Page) {
    if lines.isEmpty { return }
    page.line()
    page.line(.heading, title)
    for line in listsAll ? lines[...] : lines.prefix(Self.lineCount) { page.line("  \(line)") }
    let rest = lines.count - Self.lineCount
    if rest > 0, !listsAll { page.line("  … and \(rest) more; --all lists them") }
  }

  func write(to json: inout JSONDocument) throws {
    json.member("complete", .bool(report.isComplete))
    json.member("bound", .int(report.boundCount))
    json.member("missing", .array(report.missing.map(Self.value)))
    json.member("unexpected", .array(report.unexpected.map(Self.value)))
    json.member(
      "mismatched",
      .array(
        report.mismatched.map {
          [
            "name": .string($0.name), "expected": Self.shape($0.expected),
            "found": Self.shape($0.found),
          ]
        }))
    json.member("aliases", .array(report.sharedNames.map { .array($0.map { .string($0) }) }))
    json.member("prefix", .string(report.prefix))
    json.member("predicted", .int(report.predictedCount))
    json.member("found", .int(report.foundCount))
    json.member("trainable", .int(report.trainableCount))
    json.member("buffers", .int(report.bufferCount))
    json.member(
      "questions",
      .array(
        configured.questions.map {
          [
            "argument": .string($0.argument), "values": .array($0.values.map { .string($0) }),
            "reason": .string($0.reason),
          ]
        }))
    json.member("untraced", .array(configured.untraced.map { .string($0) }))
    json.member("hints", .array(configured.hints.map { .string($0) }))
    json.member("configuration", try JSONText(configured.configuration.json()).value)
  }

  private static func value(_ stray: BindingReport.Stray) -> JSONValue {
    [
      "name": .string(stray.name), "shape": shape(stray.shape),
      "nearest": stray.nearest.map { .string($0) } ?? nil,
    ]
  }

  private static func shape(_ shape: [Int]) -> JSONValue { .array(shape.map { .int($0) }) }
}
