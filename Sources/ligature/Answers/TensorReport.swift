internal import Checkpoints
internal import TensorStorage

/// What `show` tells: a tensor's values and what they are like.
struct TensorReport: Answer {
  let name: TensorName
  let excerpt: TensorExcerpt
  let statistics: TensorStatistics
  /// Whether every value is written, however many there are.
  let listsAll: Bool
  let tileByteCount: Int

  private var isWhole: Bool { listsAll || excerpt.elementCount <= NestedValues.maximumCount }

  func write(to page: inout Page) throws {
    page.line(.heading, "\(escaped(name.text))  \(excerpt.dtype.name) \(excerpt.shape)")
    writeStatistics(to: &page)
    page.line()
    if excerpt.elementCount == 0 { return page.line("[]") }
    var values = NestedValues(shape: excerpt.shape, isWhole: isWhole)
    let write = { (value: ElementValue) throws(FileError) in
      values.add(value.description, to: &page)
      try Interruption.ofProcess.check()
    }
    if isWhole {
      try excerpt.forEachValue(tileByteCount: tileByteCount, write)
    } else {
      try excerpt.forEachValue(at: values.indices, write)
    }
  }

  private func writeStatistics(to page: inout Page) {
    if excerpt.dtype.isComplex { page.line("  of real and imaginary parts:") }
    var table = Table(.left, .left)
    for (title, value) in [
      ("min", statistics.minimum.map(String.init(describing:))),
      ("max", statistics.maximum.map(String.init(describing:))),
      ("mean", statistics.mean.map(Numerals.measured)),
      ("std", statistics.standardDeviation.map(Numerals.measured)),
      ("zeros", Numerals.grouped(statistics.zeroCount)),
      ("NaN", Numerals.grouped(statistics.nanCount)),
      ("infinite", Numerals.grouped(statistics.infiniteCount)),
    ] {
      guard let value else { continue }
      table.cell(title)
      table.cell(value)
    }
    table.write(to: &page, indentation: 2)
  }

  func write(to json: inout JSONDocument) throws {
    json.member("name", .string(name.text))
    json.member("dtype", .string(excerpt.dtype.name))
    json.member("shape", .shape(excerpt.shape))
    json.beginObject("statistics")
    json.member("elements", .int(statistics.count))
    json.member("min", statistics.minimum?.json ?? nil)
    json.member("max", statistics.maximum?.json ?? nil)
    json.member("mean", statistics.mean.map { .double($0) } ?? nil)
    json.member("std", statistics.standardDeviation.map { .double($0) } ?? nil)
    json.member("zeros", .int(statistics.zeroCount))
    json.member("nan", .int(statistics.nanCount))
    json.member("infinite", .int(statistics.infiniteCount))
    json.endObject()
    // Too many values to be read by chance: null says that they were left out.
    guard isWhole else { return json.member("values", nil) }
    json.beginArray("values")
    try excerpt.forEachValue(tileByteCount: tileByteCount) { value throws(FileError) in
      json.element(value.json)
      try Interruption.ofProcess.check()
    }
    json.endArray()
  }
}
