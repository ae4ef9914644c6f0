internal import TensorStorage

/// Lays out torch checkpoints: one, or `.bin` shards with their index.
///
/// Byte for byte what `torch.save` of torch 2.15 writes of the same tensors.
struct TorchOutput {
  private let conversion: Conversion
  private let destination: Destination
  private let storages: TorchStorages

  /// Decides which storages there will be.
  init(_ conversion: Conversion, to destination: Destination, aliases: AliasPolicy)
    throws(FormatError)
  {
    self.conversion = conversion
    self.destination = destination
    if aliases == .error { try SharedViews(conversion).refuse(in: conversion) }
    storages = TorchStorages(conversion, keepsSharing: aliases == .keep)
  }

  /// The files.
  func layout() throws(FormatError) -> OutputLayout {
    let shards = ShardSplit.files(
      of: storages.storages.map(\.content.byteCount), limit: conversion.options.shardByteCount)
    let members = items(ofShards: shards)
    var output = OutputLayout(placements: placements(members: members))
    for (position, members) in members.enumerated() {
      let path = destination.path(ofFile: position, of: shards.count)
      do {
        let segments = try archive(path, members: members, isShard: shards.count > 1)
        output.files.append(OutputLayout.File(path: path, segments: segments))
      } catch {
        throw FormatError(file: path, .plan(error))
      }
    }
    if shards.count > 1 { output.files.append(try index(of: shards, members: members)) }
    output.remarks = remarks
    return output
  }

  /// The items of each shard: those that come first on their storage, then the others, as the hub's library
  /// puts them.
  private func items(ofShards shards: [[Int]]) -> [[Int]] {
    if shards.count == 1 { return [Array(conversion.items.indices)] }
    var others = [[Int]](repeating: [], count: storages.storages.count)
    for (position, view) in storages.views.enumerated()
    where storages.storages[view.storage].owner != position {
      others[view.storage].append(position)
    }
    return shards.map { shard in
      shard.map { storages.storages[$0].owner } + shard.flatMap { others[$0] }
    }
  }

  private func placements(members: [[Int]]) -> [OutputLayout.Placement] {
    var fileOfItem = [Int](repeating: 0, count: conversion.items.count)
    for (position, members) in members.enumerated() {
      for member in members { fileOfItem[member] = position }
    }
    return conversion.items.indices.map { position in
      let view = storages.views[position]
      let item = conversion.items[position]
      if let shared = view.sharesBytesOf {
        return OutputLayout.Placement(
          file: fileOfItem[position], action: .alias(of: conversion.items[shared].name),
          byteCount: 0)
      }
      return OutputLayout.Placement(
        file: fileOfItem[position], action: action(of: item, view),
        byteCount: byteCount(of: item, view))
    }
  }

  /// A view into a storage that is written whole is not gathered, whatever its strides are.
  private func action(of item: Conversion.Item, _ view: TorchStorages.View) -> TensorAction {
    let content = storages.storages[view.storage].content
    return content.isPlainCopy && content.derivation == nil ? .copy : conversion.action(of: item)
  }

  private func byteCount(of item: Conversion.Item, _ view: TorchStorages.View) -> Int {
    min(item.tensor.byteCount, storages.storages[view.storage].content.byteCount)
  }

  private func archive(
    _ path: String, members: [Int], isShard: Bool
  ) throws(PlanFault) -> SegmentList {
    var archive = TorchArchiveLayout(
      root: Self.root(of: path), storageCount: members.count)
    var written: [Int] = []
    let pickle = pickle(of: members, isShard: isShard, written: &written)
    try archive.append("data.pkl", pickle.encoded())
    try archive.append(".format_version", Array("1".utf8))
    try archive.append(".storage_alignment", Array("64".utf8))
    try archive.append("byteorder", Array("little".utf8))
    for (key, position) in written.enumerated() {
      let storage = storages.storages[position]
      let owner = conversion.items[storage.owner].position
      try archive.append("data/\(key)", storage.content, owner: owner)
    }
    return try archive.finish()
  }

  /// The pickle, and the storages that it refers to as 0, 1, ….
  private func pickle(
    of members: [Int], isShard: Bool, written: inout [Int]
  ) -> StateDictPickle {
    var pickle = StateDictPickle(isShard ? .dict : dictionary)
    var references: [Int: Int] = [:]
    var objects: [Int: (item: Int, tensor: Int)] = [:]
    for position in members {
      let object = sharedObject(position)
      if let object, let first = objects[object], isSame(first.item, position) {
        pickle.addName(conversion.items[position].name.text, ofTensor: first.tensor)
        continue
      }
      let number = storages.views[position].storage
      let reference = references[number] ?? written.count
      if reference == written.count {
        let storage = storages.storages[number]
        references[number] = pickle.addStorage(
          .init(key: String(reference), type: storage.type, elementCount: storage.elementCount))
        written.append(number)
      }
      let tensor = pickle.addTensor(self.tensor(position, storage: reference))
      if let object { objects[object] = (position, tensor) }
    }
    return pickle
  }

  private func tensor(_ position: Int, storage: Int) -> StateDictPickle.Tensor {
    let view = storages.views[position]
    var tensor = StateDictPickle.Tensor(
      name: conversion.items[position].name.text, storage: storage, shape: view.shape,
      strides: view.strides)
    tensor.elementOffset = view.elementOffset
    tensor.role = conversion.items[position].role
    tensor.isConjugated = view.modifiers.contains(.conjugate)
    tensor.isNegated = view.modifiers.contains(.negate)
    tensor.dtypeName = conversion.items[position].tensor.dtype.torchName
    return tensor
  }

  /// The object that an item was in the source, if it still may be the same one as others.
  private func sharedObject(_ position: Int) -> Int? {
    let item = conversion.items[position]
    let isWhole = storages.storages[storages.views[position].storage].content.isPlainCopy
    return storages.keepsSharing && isWhole ? item.objectNumber : nil
  }

  /// Whether two items that were one object still are: one may have been replaced since.
  private func isSame(_ a: Int, _ b: Int) -> Bool {
    let (a, b) = (conversion.items[a], conversion.items[b])
    return a.tensor.isSameView(as: b.tensor) && a.role == b.role
  }

  private func index(of shards: [[Int]], members: [[Int]]) throws(FormatError) -> OutputLayout.File
  {
    var index = WrittenIndex()
    index.totalByteCount = storages.storages.reduce(0) { $0 + $1.content.byteCount }
    for (position, members) in members.enumerated() {
      let name = destination.name(ofFile: position, of: shards.count)
      index.weightMap += members.map { (conversion.items[$0].name, name) }
    }
    var segments = SegmentList()
    do { try segments.append(index.bytes) } catch {
      throw FormatError(file: destination.indexPath, .plan(error))
    }
    return OutputLayout.File(path: destination.indexPath, segments: segments)
  }
}

extension TorchOutput {
  /// The folder in the archive: the file's name without what follows its last dot.
  ///
  /// torch's writer takes ASCII paths only; for others it is handed a stream, and knows no name.
  static func root(of path: String) -> String {
    guard path.utf8.allSatisfy({ $0 < 0x80 }) else { return "archive" }
    let name = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return name.isEmpty ? "archive" : String(name) }
    let stem = name[..<dot]
    return stem.isEmpty ? "archive" : String(stem)
  }

  /// The dictionary that torch will load; the module versions in it under the modules' new names.
  private var dictionary: DictionaryKind {
    conversion.checkpoint.source.dictionary
  }

  private var remarks: [String] {
    var remarks = storages.separated.map { group in
      let names = group.map { conversion.items[$0].name.text }
      return
        "\(NameList.text(names)) share bytes that cannot be shared as they are written; each gets "
        + "its own"
    }
    if !conversion.metadata.isEmpty {
      let keys = conversion.metadata.keys.sorted()
      remarks.append("metadata has no place in pt and is left out: \(NameList.text(keys))")
    }
    return remarks
  }
}
