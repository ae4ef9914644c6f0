public import Checkpoints
internal import TensorStorage
internal import TransformerGraph

/// How the directory of a model gets at what it shares with others.
public enum BundleLink: String, CaseIterable, Sendable {
  /// The shared file has a second name in it: every reader of sharded checkpoints follows.
  case hard
  /// Its index names the file where it is, `../shared/…`; transformers follows, stricter readers refuse.
  case relative
  /// A symbolic link leads there.
  case symlink
  /// It has a copy.
  case copy
}

/// The files of a bundle's directory, which appear together.
public struct BundlePlan: Sendable {
  /// All files.
  public let whole: WritePlan
  /// Each model's directory and what is written into it: what verifying reads back.
  public let parts: [(path: String, plan: WritePlan)]
}

extension Bundle {
  /// What writing the bundle as a directory means.
  ///
  /// Each model gets a directory of its own, in the layout of the Hugging Face hub: shards and an index,
  /// which names what is shared in the pool. `bundle.json` says what is shared and what it hashes to.
  /// Shared tensors are read to be hashed.
  ///
  /// - Parameters:
  ///   - directory: Where; it is made.
  ///   - link: How the models' directories get at the pool.
  ///   - tool: What `bundle.json` says made it.
  ///   - options: What to change on the way.
  /// - Returns: All files, and what each model's directory gets.
  /// - Throws: `bundle`, and `format` with what planning throws.
  public func plan(
    writingTo directory: String, link: BundleLink, tool: String, options: ConversionOptions
  ) throws(SurgeryError) -> BundlePlan {
    let root = directory.hasSuffix("/") ? directory : directory + "/"
    try refuse(options)
    var options = options
    options.format = .safetensors
    options.companions = []
    let shared = sharedTensors
    guard !shared.isEmpty else { throw .bundle(.nothingShared) }
    do {
      let pool = try shared.map { tensor throws(FormatError) in
        try PooledFile(tensor, of: members[0].checkpoint, in: root, options: options)
      }
      return try plan(writingTo: root, pool: pool, link: link, tool: tool, options: options)
    } catch { throw .format(error) }
  }

  private func refuse(_ options: ConversionOptions) throws(SurgeryError) {
    let given = [
      ("--to", options.format != nil && options.format != .safetensors),
      ("--include", !options.includes.isEmpty), ("--exclude", !options.excludes.isEmpty),
      ("--rename", !options.renames.isEmpty),
      ("--strip-prefix", !options.strippedPrefixes.isEmpty),
      ("--aliases", options.aliases.map { $0 != .meta } ?? false),
    ]
    if let (name, _) = given.first(where: \.1) { throw .bundle(.unsupportedOption(name)) }
  }

  private func plan(
    writingTo root: String, pool: [PooledFile], link: BundleLink, tool: String,
    options: ConversionOptions
  ) throws(FormatError) -> BundlePlan {
    var parts = pool.map { (title: "pool: ", plan: $0.plan) }
    var models: [BundleManifest.Model] = []
    var checked: [(path: String, plan: WritePlan)] = []
    for (position, member) in members.enumerated() {
      let path = "\(root)\(member.name)/"
      var own = options
      own.companions = member.companions
      let files = pool.indices.filter { pool[$0].hasName(of: position) }
      own.pool = TensorPool(
        link: link.pool, files: files.map { pool[$0].file(from: member.name) },
        fileOfTensor: Dictionary(
          files.enumerated().compactMap { number, file in
            pool[file].shared.names[position].map { ($0, number) }
          }, uniquingKeysWith: { first, _ in first }))
      let plan = try member.checkpoint.plan(writingTo: path, options: own)
      parts.append(("\(member.name): ", plan))
      checked.append((path, plan))
      models.append(model(member, at: position, pool: pool, files: files, plan: plan))
    }
    let copies = pool.flatMap { file in
      file.shared.names.sorted { $0.key < $1.key }.filter { $0.value != file.shared.storedName }.map
      {
        "\(escaped(members[$0.key].name)) calls '\(escaped(file.shared.storedName.text))' "
          + "'\(escaped($0.value.text))', and a file has one name for it: it has a copy of its own"
      }
    }
    let manifest = BundleManifest(
      tool: tool, link: link.rawValue, pool: pool.map(\.listed), models: models)
    let last =
      configurationFiles + [
        CompanionFile(name: BundleManifest.fileName, bytes: manifest.bytes)
      ]
    let whole = try WritePlan(
      parts,
      directories: [root, root + Self.poolDirectory] + members.map { root + $0.name },
      last: last, at: last.map { root + $0.name },
      sources: members.flatMap(\.checkpoint.source.allFiles), options: options, remarks: copies)
    return BundlePlan(whole: whole, parts: checked)
  }

  /// The configuration of all models together, where one can say what they are.
  private var configurationFiles: [CompanionFile] {
    guard let configuration = (try? inOneFile())?.configuration else { return [] }
    return [CompanionFile(name: "ligature.json", bytes: configuration.json())]
  }

  private func model(
    _ member: Member, at position: Int, pool: [PooledFile], files: [Int], plan: WritePlan
  ) -> BundleManifest.Model {
    var model = BundleManifest.Model(
      name: member.name, directory: member.name, embeddingWeight: member.embeddingWeight,
      isFrozen: member.isFrozen, fileOfTensor: [:])
    for file in pool.indices {
      model.fileOfTensor[pool[file].shared.names[position] ?? ""] = file
    }
    model.fileOfTensor[""] = nil
    let linked = plan.linkedFileNames
    for (file, name) in zip(files, linked) { model.linkedFiles[file] = name }
    return model
  }
}

extension BundleLink {
  fileprivate var pool: TensorPool.Link {
    switch self {
    case .hard: .hard
    case .relative: .relative
    case .symlink: .symlink
    case .copy: .copy
    }
  }
}

/// A file of the pool and the plan that writes it.
private struct PooledFile {
  let shared: Bundle.SharedTensor
  let plan: WritePlan
  let digest: ContentDigest
  private let name: String

  init(
    _ shared: Bundle.SharedTensor, of first: Checkpoint, in root: String, options: ConversionOptions
  ) throws(FormatError) {
    self.shared = shared
    var checkpoint = Checkpoint(
      source: CheckpointSource(format: "bundle", files: first.source.files))
    _ = checkpoint.append(.init(name: shared.storedName, tensor: shared.tensor))
    var options = options
    options.shardByteCount = nil
    let folder = root + Bundle.poolDirectory + "/"
    let stem = Self.stem(of: shared.storedName)
    // The name tells the content, so the content is hashed first.
    let provisional = try checkpoint.plan(
      writingTo: "\(folder)\(stem).safetensors", options: options)
    digest = try ContentDigest.ofFile(provisional.files[0])
    name = "\(stem)-\(digest.hexadecimal.prefix(6)).safetensors"
    plan = try checkpoint.plan(writingTo: folder + name, options: options)
  }

  /// `token_emb` of `decoder.net.token_emb.emb.weight`.
  private static func stem(of name: TensorName) -> String {
    let common = ["weight", "emb", "net", "model", "encoder", "decoder", "transformer"]
    let parts = name.text.split(separator: ".").map(String.init)
    let part = parts.last { !common.contains($0) } ?? "tensor"
    let safe = part.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == 0x5F || byte == 0x2D
    }
    return safe ? part : "tensor"
  }

  /// Where it is from the directory of a model.
  func file(from model: String) -> TensorPool.File {
    TensorPool.File(
      path: plan.files[0].path, relativePath: "../\(Bundle.poolDirectory)/\(name)",
      segments: plan.files[0].segments, tensorName: shared.storedName)
  }

  /// Whether a member has the tensor under the name that it has in this file.
  ///
  /// A file holds it under one name: a member that calls it otherwise gets a copy, which other libraries read.
  func hasName(of member: Int) -> Bool { shared.names[member] == shared.storedName }

  var listed: BundleManifest.PoolFile {
    .init(
      file: "\(Bundle.poolDirectory)/\(name)", tensor: shared.storedName, digest: digest)
  }
}
