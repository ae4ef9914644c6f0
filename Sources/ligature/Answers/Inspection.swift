internal import Checkpoints
internal import TensorStorage

/// What `inspect` tells of a checkpoint: everything but the values.
struct Inspection: Answer {
  private let checkpoint: Checkpoint
  private let listsAll: Bool
  private let aliasGroups: [[Int]]
  private let duplicates: [Int: Int]

  /// Everything about `checkpoint`; every tensor in a line of its own, or repeated layers folded.
  init(of checkpoint: Checkpoint, listsAll: Bool) {
    self.checkpoint = checkpoint
    self.listsAll = listsAll
    aliasGroups = checkpoint.aliasGroups()
    duplicates = checkpoint.duplicateOf(in: aliasGroups)
  }

  private var source: CheckpointSource { checkpoint.source }

  func write(to page: inout Page) {
    writeSummary(to: &page)
    section("files", source.files.count > 1 ? source.files.map(escaped) : [], to: &page)
    writeMetadata(to: &page)
    writeTensors(to: &page)
    section("aliases", aliasLines, to: &page)
    section("globals", source.globals.map(escaped), to: &page)
    section("other values", source.otherValues.map(escaped), to: &page)
    section("notes", notes.map(escaped), to: &page)
  }

  private func writeSummary(to page: inout Page) {
    let entries = checkpoint.entries
    var elementCount = 0
    var byteCount = 0
    for position in entries.indices where duplicates[position] == nil {
      elementCount.addClamped(entries[position].tensor.elementCount)
      byteCount.addClamped(entries[position].tensor.byteCount)
    }
    var facts = [source.format]
    if source.files.count > 1 { facts.append("\(source.files.count) files") }
    if let selection = source.selection { facts.append("from '\(escaped(selection))'") }
    facts.append(Numerals.count(entries.count, "tensor"))
    facts.append(Numerals.count(elementCount, "element"))
    facts.append(Numerals.bytes(byteCount))
    page.line(.heading, facts.joined(separator: ", "))
  }

  private func section(_ title: String, _ lines: [String], to page: inout Page) {
    if lines.isEmpty { return }
    page.line()
    page.line(.heading, title)
    for line in lines { page.line("  " + line) }
  }

  private func writeMetadata(to page: inout Page) {
    if checkpoint.metadata.isEmpty { return }
    page.line()
    page.line(.heading, "metadata")
    var table = Table(.left, .left)
    for (key, value) in sortedMetadata {
      table.cell(escaped(key))
      table.cell(escaped(value))
    }
    table.write(to: &page, indentation: 2)
  }

  private var sortedMetadata: [(key: String, value: String)] {
    checkpoint.metadata.sorted { TensorName($0.key) < TensorName($1.key) }
  }

  private var aliasLines: [String] {
    aliasGroups.map { group in
      group.map { escaped(checkpoint.entries[$0].name.text) }.joined(separator: " = ")
    }
  }
}

extension Inspection {
  private func writeTensors(to page: inout Page) {
    if checkpoint.entries.isEmpty { return }
    page.line()
    page.line(.heading, "tensors")
    var table = Table(.left, .left, .left, .left, .right, .left)
    for row in rows {
      let tensor = checkpoint.entries[row.members[0]].tensor
      let byteCount = row.members.reduce(into: 0) {
        $0.addClamped(checkpoint.entries[$1].tensor.byteCount)
      }
      table.cell(row.name)
      table.cell(tensor.dtype.name, .accent)
      table.cell(shape: tensor.shape)
      table.cell(row.members.count > 1 ? "×\(row.members.count)" : "")
      table.cell(Numerals.bytes(byteCount))
      let original = duplicates[row.members[0]].map { checkpoint.entries[$0].name.text }
      table.cell(original.map { "= \(escaped($0))" } ?? "", .faint)
    }
    table.write(to: &page, indentation: 2)
  }

  private var names: [TensorName] {
    let entries = checkpoint.entries
    return entries.indices.map { entries[$0].name }
  }

  private var rows: [NameFolding.Row] {
    let entries = checkpoint.entries
    let names = self.names
    if listsAll { return NameFolding.unfoldedRows(of: names) }
    return NameFolding.rows(of: names) { position in
      TensorKind(
        dtype: entries[position].tensor.dtype, shape: entries[position].tensor.shape,
        original: duplicates[position] ?? -1)
    }
  }
}

/// What tensors in one row of the listing have in common.
private struct TensorKind: Hashable {
  var dtype: DType
  var shape: [Int]
  var original: Int
}

extension Inspection {
  func write(to json: inout JSONDocument) {
    json.member("format", .string(source.format))
    json.member("files", .array(source.files.map { .string($0) }))
    json.member("selection", source.selection.map { .string($0) } ?? nil)
    json.member("metadata", .object(sortedMetadata.map { .init($0.key, .string($0.value)) }))
    json.beginArray("tensors")
    for position in NaturalOrder.sorted(names) where json.isOpen { write(position, to: &json) }
    json.endArray()
    json.beginArray("aliases")
    for group in aliasGroups {
      json.element(.array(group.map { .string(checkpoint.entries[$0].name.text) }))
    }
    json.endArray()
    json.member("globals", .array(source.globals.map { .string($0) }))
    json.member("notes", .array((notes + otherValueNotes).map { .string($0) }))
  }

  /// The source's notes, and the names that its metadata gives tensors besides their own.
  private var notes: [String] {
    source.notes
      + checkpoint.notedAliases.map { name, kept in
        "the metadata notes '\(escaped(name.text))' as another name of '\(escaped(kept.text))'"
      }
  }

  private var otherValueNotes: [String] { source.otherValues.map { "other value: \($0)" } }

  private func write(_ position: Int, to json: inout JSONDocument) {
    let entry = checkpoint.entries[position]
    let original = duplicates[position].map { checkpoint.entries[$0].name.text }
    json.beginObject()
    json.member("name", .string(entry.name.text))
    json.member("dtype", .string(entry.tensor.dtype.name))
    json.beginArray("shape")
    for extent in entry.tensor.shape { json.element(.int(extent)) }
    json.endArray()
    json.member("elements", .int(entry.tensor.elementCount))
    json.member("bytes", .int(entry.tensor.byteCount))
    json.member("file", .string(checkpoint.file(of: entry.name)))
    json.member("aliasOf", original.map { .string($0) } ?? nil)
    json.endObject()
  }
}
