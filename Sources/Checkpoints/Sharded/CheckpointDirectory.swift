internal import TensorStorage

/// Finds the one checkpoint in a directory.
struct CheckpointDirectory {
  /// What was found.
  enum Target: Equatable {
    /// One file that holds everything.
    case file(String)
    /// An index.
    case index(String)
    /// Shards without an index, told by the numbers in their names.
    case shards([String])
  }

  /// A checkpoint that the directory may be for.
  private struct Candidate {
    var name: ShardName
    var target: Target
    /// The file that names it in messages.
    var shownName: String
    /// All files that belong to it, as far as names tell.
    var files: [String]
  }

  /// Stems under which the libraries keep one and the same model, in several formats beside each other.
  private static let stemsOfModels = [
    "model": "model", "pytorch_model": "model", "consolidated": "model",
    "diffusion_pytorch_model": "diffusion_pytorch_model", "adapter_model": "adapter_model",
  ]

  /// Formats of one model, the preferred first.
  private static let preferredNames = [
    "model.safetensors", "diffusion_pytorch_model.safetensors", "adapter_model.safetensors",
    "consolidated.safetensors",
  ]

  /// Files with a checkpoint's suffix that trainers write beside it.
  private static let besideTheModel = [
    "training_args", "optimizer", "scheduler", "scaler", "rng_state", "random_states", "sampler",
  ]

  /// Suffixes of files that are never meant where a checkpoint is asked for.
  private static let suffixesOfOthers = [
    ".json", ".txt", ".md", ".py", ".yaml", ".yml", ".jinja", ".model", ".jsonl", ".csv", ".log",
    ".toml", ".png", ".jpg", ".gif", ".pdf", ".ipynb", ".sh", ".lock", ".tiktoken", ".vocab",
  ]

  let listing: DirectoryListing

  /// The checkpoint's target, and what a user should know of the choice.
  func target() throws(FormatError) -> (target: Target, notes: [String]) {
    var candidates = self.candidates()
    if candidates.count > 1 { candidates = withoutShards(candidates) }
    guard !candidates.isEmpty else { return (.file(try onlyFile()), []) }
    let chosen = preferred(candidates)
    guard chosen.count == 1 else {
      throw FormatError(
        file: listing.path, .shards(.severalCandidates(chosen.map(\.shownName).sorted())))
    }
    if case .shards(let names) = chosen[0].target { try checkComplete(names) }
    let others = candidates.map(\.shownName).filter { $0 != chosen[0].shownName }.sorted()
    let note = "'\(escaped(chosen[0].shownName))' is read; not read: "
    let list = others.map { "'\(escaped($0))'" }.joined(separator: ", ")
    return (chosen[0].target, others.isEmpty ? [] : [note + list])
  }

  /// Every index, every set of numbered files without one, every other file that may be a checkpoint.
  private func candidates() -> [Candidate] {
    var candidates: [Candidate] = []
    var numbered: [String: [(String, ShardName)]] = [:]
    for file in listing.files where !file.hasPrefix(".") {
      guard let name = ShardName(file), !Self.besideTheModel.contains(where: file.hasPrefix) else {
        continue
      }
      if let part = name.part, !name.isIndex {
        let isRanked = name.rank != nil ? "ranked" : ""
        let set = [name.stem, name.variant ?? "", name.suffix, "\(part.count)", isRanked]
        numbered[set.joined(separator: "/"), default: []].append((file, name))
      } else {
        let target: Target = name.isIndex ? .index(file) : .file(file)
        candidates.append(Candidate(name: name, target: target, shownName: file, files: [file]))
      }
    }
    for (_, files) in numbered.sorted(by: { $0.key < $1.key }) {
      let isIndexed = candidates.contains { $0.name.isIndex && $0.name.isIndex(of: files[0].1) }
      if isIndexed { continue }
      let names = files.map(\.0)
      candidates.append(
        Candidate(name: files[0].1, target: .shards(names), shownName: names[0], files: names))
    }
    return candidates
  }

  /// The candidates that no index names as a shard.
  private func withoutShards(_ candidates: [Candidate]) -> [Candidate] {
    var shards: Set<String> = []
    for case .index(let name) in candidates.map(\.target) {
      guard let file = try? RandomAccessFile(path: listing.path(of: name)),
        let index = try? ShardIndex(file)
      else { continue }
      shards.formUnion(index.shards)
    }
    return candidates.filter { !$0.files.allSatisfy(shards.contains) }
  }

  /// Of the formats and variants of one model the preferred one; all that are equally good.
  private func preferred(_ candidates: [Candidate]) -> [Candidate] {
    var byModel: [String: [Candidate]] = [:]
    for candidate in candidates {
      let stem = candidate.name.stem
      byModel[Self.stemsOfModels[stem] ?? stem, default: []].append(candidate)
    }
    return byModel.values.flatMap { candidates in
      let best = candidates.map { Self.rank($0) }.min { $0 < $1 } ?? (0, 0)
      return candidates.filter { Self.rank($0) == best }
    }
  }

  /// Plain files before variants, then by format where the stem is that of a known model.
  private static func rank(_ candidate: Candidate) -> (Int, Int) {
    let name = candidate.name
    let variant = name.variant == nil ? 0 : 1
    guard stemsOfModels[name.stem] != nil else { return (variant, 0) }
    let position = preferredNames.firstIndex(of: name.stem + name.suffix)
    return (variant, position ?? preferredNames.count)
  }

  /// The one file that may be a checkpoint whatever its name is.
  private func onlyFile() throws(FormatError) -> String {
    let visible = listing.files.filter { !$0.hasPrefix(".") }
    let possible = visible.filter { file in
      !Self.suffixesOfOthers.contains(where: file.hasSuffix)
        && !Self.besideTheModel.contains(where: file.hasPrefix)
    }
    guard possible.count == 1 else {
      let found = visible + listing.directories.filter { !$0.hasPrefix(".") }.map { $0 + "/" }
      throw FormatError(file: listing.path, .shards(.nothingInside(found: found)))
    }
    return possible[0]
  }

  /// Names the shards that the numbers of the others promise.
  private func checkComplete(_ names: [String]) throws(FormatError) {
    let parts = names.compactMap { name in ShardName(name)?.part.map { (name, $0) } }
    guard let (example, part) = parts.first else { return }
    let present = Set(parts.map(\.1.number))
    let missing = (1...part.count).filter { !present.contains($0) }
    guard !missing.isEmpty else { return }
    let shown = missing.prefix(5).map { number in
      Self.replacingNumber(of: example, with: number, digitCount: part.digitCount)
    }
    throw FormatError(
      file: listing.path, .shards(.missingShards(shown, count: missing.count)))
  }

  /// `model-00001-of-00003.safetensors` with another number in front of `-of-`.
  private static func replacingNumber(
    of name: String, with number: Int, digitCount: Int
  ) -> String {
    var fields = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let digits = String(number)
    let zeros = String(repeating: "0", count: max(0, digitCount - digits.utf8.count))
    fields[fields.count - 3] = zeros + digits
    return fields.joined(separator: "-")
  }
}

extension ShardName {
  /// Whether this is the name of an index whose shards would have the other's name.
  fileprivate func isIndex(of shard: ShardName) -> Bool {
    stem == shard.stem && variant == shard.variant && suffix == shard.suffix
  }
}
