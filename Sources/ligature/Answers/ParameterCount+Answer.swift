internal import Checkpoints
internal import TensorStorage

extension ParameterCount: Answer {
  func write(to page: inout Page) {
    var table = Table(.left, .right, .left)
    row(&table, "parameters", parameters, "each stored element once")
    if frozen > 0 {
      row(&table, "trainable", parameters - frozen, "asking for a gradient")
      row(&table, "frozen", frozen, share(of: frozen))
    }
    row(&table, "stored", stored, "every name by itself")
    row(&table, "buffers", buffers, "")
    row(&table, "embedding", embedding, share(of: embedding))
    table.cell("bytes")
    table.cell(Numerals.grouped(bytes))
    table.cell(Numerals.bytes(bytes), .faint)
    table.write(to: &page)
    page.line()
    writeDTypes(to: &page)
    page.line()
    writeModules(to: &page)
    page.line()
    page.line(origin)
  }

  /// How buffers were told from parameters.
  private var origin: String {
    isByDTypeOnly
      ? "Buffers are told from parameters by their dtype: the file does not say which is which."
      : "Buffers are told from parameters by the modules of x-transformers that the names belong to."
  }

  private func row(_ table: inout Table, _ title: String, _ count: Int, _ comment: String) {
    table.cell(title, .heading)
    table.cell(Numerals.grouped(count))
    table.cell(comment, .faint)
  }

  private func share(of count: Int) -> String {
    parameters == 0
      ? "" : Numerals.fixed(Double(count) / Double(parameters) * 100, decimals: 1) + " %"
  }

  private func writeDTypes(to page: inout Page) {
    page.line(.heading, buffers == 0 ? "by dtype" : "by dtype, with buffers")
    var table = Table(.left, .right)
    for (dtype, elements) in byDType {
      table.cell(dtype.name, .accent)
      table.cell(Numerals.grouped(elements))
    }
    table.write(to: &page, indentation: 2)
  }

  private func writeModules(to page: inout Page) {
    page.line(.heading, "by module")
    var table = Table(.left, .right, .right)
    for module in byModule {
      table.cell(module.folded)
      table.cell(Numerals.grouped(module.elements))
      table.cell(share(of: module.elements), .faint)
    }
    table.write(to: &page, indentation: 2)
  }

  func write(to json: inout JSONDocument) {
    json.member("parameters", .int(parameters))
    json.member("stored", .int(stored))
    json.member("buffers", .int(buffers))
    json.member("trainable", .int(parameters - frozen))
    json.member("frozen", .int(frozen))
    json.member("bytes", .int(bytes))
    json.member("byDType", .object(byDType.map { .init($0.dtype.name, .int($0.elements)) }))
    json.member("byModule", .object(byModule.map { .init($0.path, .int($0.elements)) }))
    json.member("embedding", .int(embedding))
    json.member("notes", [.string(origin)])
  }

  /// How the parameters differ in number from those that were expected; nil if they do not.
  func verdict(expecting expected: Int) -> String? {
    if parameters == expected { return nil }
    let (difference, overflow) = parameters.subtractingReportingOverflow(expected)
    let distance = overflow ? "far" : Numerals.grouped(abs(difference))
    return "\(Numerals.grouped(parameters)) parameters, \(distance) "
      + (parameters > expected ? "more" : "fewer")
      + " than the \(Numerals.grouped(expected)) expected"
  }
}
