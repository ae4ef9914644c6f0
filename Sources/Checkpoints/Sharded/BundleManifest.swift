internal import TensorStorage

/// What `bundle.json` says: which models are in a directory, and which tensors they share.
///
/// It stands beside the models' directories and that of the pool:
///
///     bundle.json  shared/token_emb-3f2a9c.safetensors  en/  de/
package struct BundleManifest: Equatable, Sendable {
  /// The name of the file.
  package static let fileName = "bundle.json"
  /// Version of what is in it.
  private static let schema = 1
  /// A manifest of thousands of models has a megabyte.
  private static let maximumByteCount = 16 << 20

  /// A file of the pool; it holds one tensor.
  package struct PoolFile: Equatable, Sendable {
    /// Its path in the bundle.
    package var file: String
    /// The tensor's name in it.
    package var tensor: TensorName
    /// The SHA-256 of the file.
    package var digest: ContentDigest

    /// A file of the pool.
    package init(file: String, tensor: TensorName, digest: ContentDigest) {
      (self.file, self.tensor, self.digest) = (file, tensor, digest)
    }
  }

  /// A model.
  package struct Model: Equatable, Sendable {
    /// Its name.
    package var name: String
    /// Its directory in the bundle.
    package var directory: String
    /// The weight of its table among the others', as in multi-task learning.
    package var embeddingWeight: Double
    /// Whether training of this model leaves the shared tensors as they are.
    package var isFrozen: Bool
    /// For names of the model, the file of the pool that holds the tensor, as a position in `pool`.
    package var fileOfTensor: [TensorName: Int]
    /// The names in the model's directory under which the pool's files are found there; none if its index
    /// names those themselves.
    package var linkedFiles: [Int: String]

    /// A model.
    package init(
      name: String, directory: String, embeddingWeight: Double = 1, isFrozen: Bool = false,
      fileOfTensor: [TensorName: Int], linkedFiles: [Int: String] = [:]
    ) {
      self.name = name
      self.directory = directory
      self.embeddingWeight = embeddingWeight
      self.isFrozen = isFrozen
      self.fileOfTensor = fileOfTensor
      self.linkedFiles = linkedFiles
    }
  }

  /// What wrote it.
  package var tool: String
  /// How the models' directories get at the pool.
  package var link: String
  /// The shared tensors.
  package var pool: [PoolFile]
  /// The models, in their order.
  package var models: [Model]

  /// A manifest.
  package init(tool: String, link: String, pool: [PoolFile], models: [Model]) {
    (self.tool, self.link, self.pool, self.models) = (tool, link, pool, models)
  }

  /// For each file of the pool the models that have it, as positions in `models`.
  package var modelsOfFiles: [[Int]] {
    var result = [[Int]](repeating: [], count: pool.count)
    for position in models.indices {
      for file in Set(models[position].fileOfTensor.values) { result[file].append(position) }
    }
    return result
  }
}

// MARK: - Text

extension BundleManifest {
  /// The text of the file.
  package var bytes: [UInt8] {
    let value: JSONValue = [
      "schema": .int(Self.schema), "tool": .string(tool), "link": .string(link),
      "pool": .array(
        pool.map {
          [
            "file": .string($0.file), "tensor": .string($0.tensor.text),
            "sha256": .string($0.digest.hexadecimal),
          ]
        }),
      "models": .object(models.map { .init($0.name, json(of: $0)) }),
    ]
    return value.renderedBytes(.pretty) + [UInt8(ascii: "\n")]
  }

  private func json(of model: Model) -> JSONValue {
    let names = model.fileOfTensor.sorted { $0.key < $1.key }
    let files = model.linkedFiles.sorted { $0.key < $1.key }
    return [
      "directory": .string(model.directory), "embedding_weight": .double(model.embeddingWeight),
      "freeze": .bool(model.isFrozen),
      "tensors": .object(names.map { .init($0.key.text, .string(pool[$0.value].file)) }),
      "files": .object(files.map { .init(pool[$0.key].file, .string($0.value)) }),
    ]
  }

  /// Reads the file in a directory; nil if there is none, or it is another program's.
  package static func read(in directory: String) throws(FormatError) -> BundleManifest? {
    let path = directory + (directory.isEmpty || directory.hasSuffix("/") ? "" : "/") + fileName
    do {
      guard case .file = try FileSystem.kind(of: path) else { return nil }
      let file = try RandomAccessFile(path: path)
      guard file.byteCount <= maximumByteCount else { return nil }
      let bytes = try file.bytes(at: 0, count: file.byteCount)
      guard let value = try? JSONText(bytes).value, value["pool"] != nil, value["models"] != nil
      else { return nil }
      return try BundleManifest(value, path: path)
    } catch let error as FileError {
      throw FormatError(error, file: path)
    } catch let error as FormatError {
      throw error
    } catch { preconditionFailure("nothing else is thrown") }
  }

  private init(_ value: JSONValue, path: String) throws(FormatError) {
    func invalid(_ what: String) -> FormatError {
      FormatError(file: path, .shards(.invalidBundle(what)))
    }
    guard value["schema"]?.int == Self.schema else {
      throw invalid("its \"schema\" is not \(Self.schema), which is all that this version reads")
    }
    tool = value["tool"]?.string ?? ""
    link = value["link"]?.string ?? ""
    pool = []
    models = []
    var positions: [String: Int] = [:]
    var directories: Set<String> = []
    for element in value["pool"]?.elements ?? [] {
      guard let file = element["file"]?.string, let tensor = element["tensor"]?.string,
        let digest = element["sha256"]?.string.flatMap({ ContentDigest(hexadecimal: $0) })
      else { throw invalid("a file of \"pool\" needs \"file\", \"tensor\" and \"sha256\"") }
      guard ShardIndex.isSafe(file) else { throw invalid("'\(escaped(file))' leads out of it") }
      guard positions.updateValue(pool.count, forKey: file) == nil else {
        throw invalid("'\(escaped(file))' is in \"pool\" twice")
      }
      pool.append(PoolFile(file: file, tensor: TensorName(tensor), digest: digest))
    }
    for member in value["models"]?.members ?? [] {
      guard let directory = member.value["directory"]?.string, ShardIndex.isSafe(directory) else {
        throw invalid("the model '\(escaped(member.key))' needs a \"directory\" in the bundle")
      }
      guard directories.insert(directory).inserted else {
        throw invalid("two models have the directory '\(escaped(directory))'")
      }
      models.append(
        Model(
          name: member.key, directory: directory,
          embeddingWeight: member.value["embedding_weight"]?.double ?? 1,
          isFrozen: member.value["freeze"]?.bool ?? false,
          fileOfTensor: try Self.tensors(of: member.value, positions, invalid),
          linkedFiles: try Self.linkedFiles(of: member.value, positions, invalid)))
    }
    guard !models.isEmpty else { throw invalid("it names no models") }
  }

  private static func tensors(
    of model: JSONValue, _ positions: [String: Int], _ invalid: (String) -> FormatError
  ) throws(FormatError) -> [TensorName: Int] {
    var result: [TensorName: Int] = [:]
    for member in model["tensors"]?.members ?? [] {
      guard let position = member.value.string.flatMap({ positions[$0] }) else {
        throw invalid("'\(escaped(member.key))' is in no file of the pool")
      }
      result[TensorName(member.key)] = position
    }
    return result
  }

  private static func linkedFiles(
    of model: JSONValue, _ positions: [String: Int], _ invalid: (String) -> FormatError
  ) throws(FormatError) -> [Int: String] {
    var result: [Int: String] = [:]
    for member in model["files"]?.members ?? [] {
      guard let position = positions[member.key], let name = member.value.string,
        ShardIndex.isSafe(name)
      else { throw invalid("'\(escaped(member.key))' is no file of the pool") }
      result[position] = name
    }
    return result
  }
}
