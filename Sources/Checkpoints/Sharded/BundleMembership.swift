internal import TensorStorage

/// That a checkpoint is a model of a bundle, and which of its tensors others have too.
package struct BundleMembership: Sendable {
  /// The bundle's directory.
  package let directory: String
  /// What `bundle.json` says.
  package let manifest: BundleManifest
  /// The model, as a position in the manifest.
  package let position: Int
  /// For each file of the pool the models that have it.
  private let modelsOfFiles: [[Int]]
  /// The files of the pool.
  private let pooledFiles: Set<String>

  /// The model.
  package var model: BundleManifest.Model { manifest.models[position] }

  /// The names of the other models that have a tensor.
  package func others(sharing name: TensorName) -> [String] {
    guard let file = model.fileOfTensor[name] else { return [] }
    return modelsOfFiles[file].filter { $0 != position }.map { manifest.models[$0].name }
  }

  /// The bundle that the index at `path` belongs to, if there is one and it lists the index's directory.
  init?(ofIndexAt path: String) throws(FormatError) {
    let own = ShardName.directory(of: path)
    let parent = own + "../"
    guard let manifest = try BundleManifest.read(in: parent) else { return nil }
    let name = ShardName.lastComponent(of: path)
    guard let identity = FileIdentity.of(path),
      let position = manifest.models.firstIndex(where: {
        FileIdentity.of("\(parent)\($0.directory)/\(name)") == identity
      })
    else { return nil }
    directory = parent
    self.manifest = manifest
    self.position = position
    modelsOfFiles = manifest.modelsOfFiles
    pooledFiles = Set(manifest.pool.map(\.file))
  }

  /// Whether both are models of one and the same bundle.
  package func isOfSameBundle(as other: BundleMembership) -> Bool {
    let name = BundleManifest.fileName
    return FileIdentity.of(directory + name) == FileIdentity.of(other.directory + name)
  }

  /// Whether an index may name this file, which is not in its directory: if the bundle's pool has it.
  func permits(_ shard: String) -> Bool {
    shard.hasPrefix("../") && pooledFiles.contains(String(shard.dropFirst(3)))
  }

  /// The model's tensors under its own names, frozen where it says so; notes whose they are.
  func applied(to checkpoint: Checkpoint) -> Checkpoint {
    var result = checkpoint
    // A model that calls the tensor otherwise may have a copy under its own name.
    let renamed = model.fileOfTensor.filter { checkpoint[$0.key] == nil }
    let names = Dictionary(
      renamed.map { (manifest.pool[$0.value].tensor, $0.key) },
      uniquingKeysWith: { first, _ in first })
    let entries = checkpoint.entries.map { entry in
      var entry = entry
      if let own = names[entry.name] {
        result.source.fileOfTensor[own] = checkpoint.source.fileOfTensor[entry.name]
        entry.name = own
      }
      if model.isFrozen, model.fileOfTensor[entry.name] != nil {
        entry.role = .parameter(requiresGrad: false)
      }
      return entry
    }
    result = result.replacingEntries(entries) ?? result
    result.source.bundles = [self]
    for name in model.fileOfTensor.keys.sorted() {
      let others = others(sharing: name).map { "'\(escaped($0))'" }.joined(separator: ", ")
      result.source.notes.append(
        "'\(escaped(name.text))' stands in the bundle's pool and is shared with \(others)")
    }
    return result
  }
}

extension BundleMembership {
  /// Refuses a pool whose files are not what `bundle.json` says they are.
  package func requireUnchangedPool() throws(FormatError) {
    for file in Set(model.fileOfTensor.values) {
      if let fault = try manifest.fault(ofFile: file, in: directory, model: model) { throw fault }
    }
  }
}

extension BundleManifest {
  /// Compares a file of the pool, and the file under which a model has it, with what is said of them.
  package func fault(
    ofFile position: Int, in directory: String, model: Model?
  ) throws(FormatError) -> FormatError? {
    var paths = [directory + pool[position].file]
    if let model, let name = model.linkedFiles[position] {
      paths.append("\(directory)\(model.directory)/\(name)")
    }
    for path in paths {
      let found = try ContentDigest.ofFile(path)
      if found != pool[position].digest {
        return FormatError(
          file: path, tensor: pool[position].tensor.text,
          .shards(
            .poolChanged(
              expected: pool[position].digest.hexadecimal, found: found.hexadecimal)))
      }
    }
    return nil
  }
}

extension Checkpoint {
  /// Refuses a model of a bundle whose pool was changed behind its back; reads the pool.
  public func requireUnchangedPool() throws(FormatError) {
    for bundle in source.bundles { try bundle.requireUnchangedPool() }
  }
}
