internal import TensorStorage

extension BundleManifest {
  /// All models of the bundle in `directory` as one checkpoint: the state dict of `nn.ModuleDict({"en": …, "de": …})`.
  ///
  /// Before each tensor's name stands its model's. What several models have in the same file of the pool is one
  /// storage under several names; a copy is a model's own.
  func opened(
    in directory: String, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    let root = directory.hasSuffix("/") ? directory : directory + "/"
    var result = Checkpoint(source: CheckpointSource(format: SafetensorsFormat.identifier))
    result.source.indexes = [root + Self.fileName]
    var pooled: [PoolPlace: LazyTensor] = [:]
    for model in models {
      try Self.requireNone(in: root + model.directory)
      let own = try Checkpoint.open(root + model.directory, options: options)
      let first = result.source.files.count
      result.source.files += own.source.files
      result.source.indexes += own.source.indexes
      result.source.bundles += own.source.bundles
      result.metadata.merge(own.notes(behind: model.name)) { first, _ in first }
      for entry in own.entries {
        var entry = entry
        entry.objectNumber = nil
        if let place = place(of: entry.name, in: model, own) {
          entry.tensor = pooled[place] ?? entry.tensor
          pooled[place] = entry.tensor
        }
        let position = own.source.fileOfTensor[entry.name] ?? 0
        entry.name = TensorName("\(model.name).\(entry.name.text)")
        result.source.fileOfTensor[entry.name] = first + position
        guard result.append(entry) else {
          throw FormatError(
            file: root + Self.fileName,
            .shards(.invalidBundle("two of its models have a tensor '\(escaped(entry.name.text))'"))
          )
        }
      }
    }
    result.source.notes = [
      "the directory is a bundle; its models are \(models.map { "'\(escaped($0.name))'" }.joined(separator: ", "))"
    ]
    return result
  }

  /// Refuses a model that is a bundle itself: by a symbolic link it may be its own model, without end.
  static func requireNone(in directory: String) throws(FormatError) {
    guard try CheckpointLocation.isDirectory(directory), try read(in: directory) != nil else {
      return
    }
    throw FormatError(
      file: directory,
      .shards(.invalidBundle("it is a model of a bundle and a bundle itself, which no model is")))
  }

  /// Where a tensor of the pool lies; nil for a model's own.
  private func place(of name: TensorName, in model: Model, _ own: Checkpoint) -> PoolPlace? {
    guard let file = model.fileOfTensor[name],
      let identity = FileIdentity.of(own.file(of: name))
    else { return nil }
    return PoolPlace(file: identity, tensor: pool[file].tensor)
  }
}

extension Checkpoint {
  /// The metadata, the names in it behind the model's.
  fileprivate func notes(behind model: String) -> [String: String] {
    var notes: [String: String] = [:]
    for (key, value) in metadata {
      if key != "format", self[TensorName(value)] != nil {
        notes["\(model).\(key)"] = "\(model).\(value)"
      } else {
        notes[key] = value
      }
    }
    return notes
  }
}

/// A tensor of a file, whatever name the file has.
private struct PoolPlace: Hashable {
  let file: FileIdentity
  let tensor: TensorName
}
