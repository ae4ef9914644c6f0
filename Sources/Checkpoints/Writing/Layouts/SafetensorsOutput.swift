internal import TensorStorage

/// Lays out safetensors files: one, or the hub's shards with their index.
///
/// Byte for byte what `safetensors.torch.save_file` and `huggingface_hub.save_torch_state_dict` write of the
/// same tensors, where each owns its bytes; unless the data are to be placed as in their source.
struct SafetensorsOutput {
  private let conversion: Conversion
  private let destination: Destination
  private let shared: SharedViews
  /// For each item that is noted in the metadata only, the one that is written.
  private let kept: [Int: Int]
  /// For each item that a file of the pool holds, that file.
  private let pooledFile: [Int: Int]

  /// Decides what is written once.
  init(_ conversion: Conversion, to destination: Destination, aliases: AliasPolicy)
    throws(FormatError)
  {
    self.conversion = conversion
    self.destination = destination
    shared = SharedViews(conversion)
    if aliases == .error { try shared.refuse(in: conversion) }
    kept = aliases == .meta ? shared.kept(in: conversion) : [:]
    var pooledFile: [Int: Int] = [:]
    for (position, item) in conversion.items.enumerated() {
      pooledFile[position] = conversion.options.pool.fileOfTensor[item.sourceName]
    }
    self.pooledFile = pooledFile
  }

  /// The files.
  func layout() throws(FormatError) -> OutputLayout {
    let items = conversion.items
    let written = items.indices.filter { kept[$0] == nil && pooledFile[$0] == nil }
    let shards = ShardSplit.files(
      of: written.map { items[$0].tensor.byteCount }, limit: conversion.options.shardByteCount
    ).map { $0.map { written[$0] } }
    var output = OutputLayout(placements: placements(shards: shards))
    for (position, members) in shards.enumerated() {
      let path = destination.path(ofFile: position, of: numbering(shards))
      let metadata = hasIndex(shards) ? ["format": format] : metadataOfFile
      output.files.append(try file(path, members: members, metadata: metadata))
    }
    output.files += try linkedFiles(behind: shards)
    if hasIndex(shards) { output.files.append(try index(of: shards)) }
    output.remarks = remarks
    return output
  }

  private func placements(shards: [[Int]]) -> [OutputLayout.Placement] {
    let items = conversion.items
    var fileOfItem = [Int?](repeating: nil, count: items.count)
    for (position, members) in shards.enumerated() {
      for member in members { fileOfItem[member] = position }
    }
    return items.indices.map { position in
      if let kept = kept[position] {
        return OutputLayout.Placement(
          file: fileOfItem[kept], action: .alias(of: items[kept].name), byteCount: 0)
      }
      if let file = pooledFile[position] {
        return OutputLayout.Placement(
          file: nil, action: .pooled(file: pool.files[file].path), byteCount: 0)
      }
      return OutputLayout.Placement(
        file: fileOfItem[position], action: conversion.action(of: items[position]),
        byteCount: items[position].tensor.byteCount)
    }
  }

  private func file(
    _ path: String, members: [Int], metadata: [String: String]?
  ) throws(FormatError) -> OutputLayout.File {
    let items = conversion.items
    let tensors = members.map {
      SafetensorsHeader.Tensor(
        name: items[$0].name, dtype: items[$0].tensor.dtype, shape: items[$0].tensor.shape)
    }
    let placement =
      conversion.options.alignsDataToSource
      ? SourceAlignment(of: members.map { items[$0].tensor })
        .placement(reference: SafetensorsHeader.referenceOrder(of: tensors)) : nil
    let header: SafetensorsHeader.FileLayout
    do {
      header = try SafetensorsHeader.encode(
        tensors, metadata: metadata, placement: placement, file: path)
    } catch { throw blamingSource(error, members) }
    var segments = SegmentList(capacity: members.count + 1)
    do {
      try segments.append(header.bytes)
      for member in header.order.lazy.map({ members[$0] }) {
        try segments.append(items[member].tensor, owner: items[member].position)
      }
    } catch {
      throw FormatError(file: path, .plan(error))
    }
    return OutputLayout.File(path: path, segments: segments)
  }

  /// A tensor that cannot be written is the fault of the file that it comes from.
  private func blamingSource(_ error: FormatError, _ members: [Int]) -> FormatError {
    let items = conversion.items
    guard let name = error.tensor,
      let member = members.first(where: { items[$0].name.text == name })
    else { return error }
    var error = error
    error.file = conversion.file(of: items[member].sourceName)
    return error
  }

  private func index(of shards: [[Int]]) throws(FormatError) -> OutputLayout.File {
    let items = conversion.items
    var index = WrittenIndex()
    let added = conversion.metadata.filter { $0.key != "format" }
    index.metadata = added.sorted { TensorName($0.key) < TensorName($1.key) } + notes
    for (position, members) in shards.enumerated() {
      let name = destination.name(ofFile: position, of: numbering(shards))
      for member in members {
        index.totalByteCount += items[member].tensor.byteCount
        index.weightMap.append((items[member].name, name))
      }
    }
    for (item, file) in pooledFile.sorted(by: { $0.key < $1.key }) {
      index.totalByteCount += items[item].tensor.byteCount
      index.weightMap.append(
        (pool.files[file].tensorName, indexName(ofPooled: file, behind: shards)))
    }
    var segments = SegmentList()
    do { try segments.append(index.bytes) } catch {
      throw FormatError(file: destination.indexPath, .plan(error))
    }
    return OutputLayout.File(path: destination.indexPath, segments: segments)
  }
}

// MARK: - Files of a pool

extension SafetensorsOutput {
  private var pool: TensorPool { conversion.options.pool }

  private func hasIndex(_ shards: [[Int]]) -> Bool { shards.count > 1 || !pooledFile.isEmpty }

  /// The numbers in the files' names.
  ///
  /// A file `model.safetensors` is all that transformers looks at where there is one, index or not.
  private func numbering(_ shards: [[Int]]) -> Destination.Numbering {
    .init(count: shards.count + pool.linkedFileCount, isAlwaysShown: !pooledFile.isEmpty)
  }

  private func indexName(ofPooled file: Int, behind shards: [[Int]]) -> String {
    pool.link == .relative
      ? pool.files[file].relativePath
      : destination.name(ofFile: shards.count + file, of: numbering(shards))
  }

  /// The names that the pool's files get in this directory.
  private func linkedFiles(behind shards: [[Int]]) throws(FormatError) -> [OutputLayout.File] {
    guard !pooledFile.isEmpty else { return [] }
    var files: [OutputLayout.File] = []
    for (position, file) in pool.files.enumerated() {
      let path = destination.path(ofFile: shards.count + position, of: numbering(shards))
      do {
        if let output = try file.output(as: pool.link, at: path) { files.append(output) }
      } catch { throw FormatError(file: path, .plan(error)) }
    }
    return files
  }
}

// MARK: - Metadata

extension SafetensorsOutput {
  /// The library that the tensors are for.
  ///
  /// The hub's libraries load files that say `pt`, and refuse those whose metadata say nothing about it.
  private var format: String { conversion.metadata["format"] ?? "pt" }

  /// `dropped → kept`, unless the key is taken; groups in the order of the tensors, names sorted in each.
  private var notes: [(key: String, value: String)] {
    var groups: [Int: [Int]] = [:]
    for (dropped, kept) in kept { groups[kept, default: []].append(dropped) }
    let ordered = groups.sorted {
      min($0.key, $0.value.min() ?? 0) < min($1.key, $1.value.min() ?? 0)
    }
    return ordered.flatMap { kept, dropped in
      let name = conversion.items[kept].name.text
      return dropped.map { conversion.items[$0].name }.sorted()
        .filter { conversion.metadata[$0.text] == nil }.map { (key: $0.text, value: name) }
    }
  }

  /// The metadata of a single file; nil for none.
  ///
  /// A safetensors file is given back what it had. Everything else gets `format`, as every converter
  /// writes it, and so does a file that would get its first metadata here.
  private var metadataOfFile: [String: String]? {
    var metadata = conversion.metadata
    for note in notes { metadata[note.key] = note.value }
    let source = conversion.checkpoint
    let isCopy = source.source.format == SafetensorsFormat.identifier
    if isCopy, metadata.isEmpty { return nil }
    if !isCopy || source.metadata.isEmpty { metadata["format"] = format }
    return metadata
  }

  private var remarks: [String] {
    shared.partial.map { group in
      let names = group.map { conversion.items[$0].name.text }
      return "\(NameList.text(names)) share bytes without being the same tensor; in safetensors "
        + "each gets its own"
    }
  }
}
