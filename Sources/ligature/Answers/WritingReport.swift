internal import Checkpoints
internal import TensorStorage

/// What a writing verb did.
struct WritingReport: Answer {
  /// Where it wrote, as the user named it.
  let destination: String
  let plan: WritePlan
  let report: WriteReport
  let seconds: Double
  /// Whether the result was read back and compared.
  let isVerified: Bool
  /// Whether what casting did is told of each tensor.
  let listsAll: Bool
  /// What was done to the models, if the tensors are the outcome of a surgery.
  let surgery: SurgeryReport?

  private var tensorCount: Int { plan.tensors.count { $0.name != nil } }

  func write(to page: inout Page) throws {
    try surgery?.write(to: &page)
    writeCasts(to: &page)
    let written = plan.files.filter { !$0.isCompanion }
    let place =
      written.count == 1
      ? "\(escaped(written[0].path)):" : "\(escaped(destination)): \(written.count) files,"
    page.line(
      "\(place) \(Numerals.count(tensorCount, "tensor")), "
        + "\(Numerals.bytes(report.writtenByteCount)), \(Numerals.duration(seconds: seconds))"
        + "\(speed)\(isVerified ? ", verified" : "")")
  }

  /// The speed, where there was enough to write for one.
  private var speed: String {
    guard report.writtenByteCount >= Self.leastByteCountWithSpeed else { return "" }
    let speed = Double(report.writtenByteCount) / 1e9 / max(seconds, 1e-9)
    return ", \(Numerals.fixed(speed, decimals: 2)) GB/s"
  }

  // Below it, the time goes into opening files and syncing them.
  private static let leastByteCountWithSpeed = 10_000_000

  /// Tells what casting did to the values.
  private func writeCasts(to page: inout Page) {
    let total = report.totalConversion
    guard total.elementCount > 0 else { return }
    if listsAll {
      page.line(.heading, "cast")
      var table = Table(.left, .left)
      for row in NameFolding.unfoldedRows(of: report.conversions.map(\.name)) {
        table.cell(row.name)
        table.cell(Self.facts(of: report.conversions[row.members[0]].report))
      }
      table.write(to: &page, indentation: 2)
      page.line()
    }
    page.line(Self.facts(of: total))
  }

  private static func facts(of conversion: ConversionReport) -> String {
    var facts = [
      "\(Numerals.count(conversion.elementCount, "value")) cast",
      "worst error \(Numerals.measured(conversion.worstAbsoluteError)) absolute, "
        + "\(Numerals.measured(conversion.worstRelativeError)) relative",
    ]
    for (count, what) in [
      (conversion.overflowCount, "became infinite"), (conversion.underflowCount, "became zero"),
      (conversion.nanCount, "NaN"),
    ] where count > 0 {
      facts.append("\(Numerals.grouped(count)) \(what)")
    }
    return facts.joined(separator: ", ")
  }

  func write(to json: inout JSONDocument) throws {
    try surgery?.write(to: &json)
    json.member("format", .string(plan.format.rawValue))
    json.member("files", .array(report.files.map { .string($0) }))
    json.member("tensors", .int(tensorCount))
    json.member("bytes", .int(report.writtenByteCount))
    json.member("seconds", .double(seconds))
    json.member("verified", .bool(isVerified))
    json.beginArray("casts")
    for (name, conversion) in report.conversions {
      json.element([
        "name": .string(name.text), "elements": .int(conversion.elementCount),
        "overflow": .int(conversion.overflowCount), "underflow": .int(conversion.underflowCount),
        "nan": .int(conversion.nanCount), "worstAbs": .double(conversion.worstAbsoluteError),
        "worstRel": .double(conversion.worstRelativeError),
      ])
    }
    json.endArray()
    json.member("remarks", .array(plan.remarks.map { .string($0) }))
  }
}
