internal import TensorStorage

/// What `from_pretrained` of transformers 5 does, given a directory.
struct PretrainedForecast {
  let path: String
  let options: ReadOptions

  func forecast() throws(FormatError) -> ReaderForecast {
    var forecast = ReaderForecast(.transformers, path)
    let (loads, reason) = try outcome()
    forecast.add(Reader.transformers.call, loads: loads, reason)
    return forecast
  }

  private func outcome() throws(FormatError) -> (loads: Bool, reason: String) {
    guard try CheckpointLocation.isDirectory(path), let listing = try? DirectoryListing(path: path)
    else { return (false, "it takes a directory with config.json, and this is a file") }
    let config: HuggingFaceConfig
    switch HuggingFaceConfig.read(listing) {
    case .success(let found): config = found
    case .failure(let problem): return (false, problem.sentence)
    }
    guard let weights = Self.weightNames.first(where: listing.files.contains) else {
      return (
        false,
        "it looks for \(ForecastSubject.list(Self.weightNames)), and the directory has none of them"
      )
    }
    let subject = try ForecastSubject(listing.path(of: weights), options)
    if weights.hasPrefix("pytorch_model"), let reason = subject.pickleRefusal {
      return (false, reason)
    }
    let (loads, how) = try Self.head(config, subject)
    return (loads, "\(config.className) from '\(escaped(weights))'; \(how)")
  }

  // The first that is there is read.
  private static let weightNames = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json",
  ]

  /// What becomes of the head: tied, read, or made up.
  private static func head(
    _ config: HuggingFaceConfig, _ subject: ForecastSubject
  ) throws(FormatError) -> (loads: Bool, how: String) {
    let checkpoint = subject.checkpoint
    guard config.hasHead, let family = config.family else {
      return (
        true, "\(checkpoint.entries.count) tensors, whose names are not compared with the class's"
      )
    }
    let head = checkpoint.position(of: TensorName(family.head))
    // A model without its head is saved without the first component of its names.
    let short = family.table.split(separator: ".").dropFirst().joined(separator: ".")
    let table =
      checkpoint.position(of: TensorName(family.table))
      ?? checkpoint.position(of: TensorName(short))
    switch (head, table, config.isTied ?? family.isTied) {
    case (nil, nil, _): return (false, "'\(family.table)' is missing and would be made up")
    case (nil, _?, true): return (true, "the head is the table (tie_word_embeddings)")
    case (nil, _?, false):
      return (
        false,
        "'\(family.head)' is missing and would be made up: config.json does not say that it is tied"
      )
    case (_?, nil, true): return (true, "the table is the head (tie_word_embeddings)")
    case (_?, nil, false): return (false, "'\(family.table)' is missing and would be made up")
    case (let head?, let table?, true):
      return try subject.areEqual(checkpoint.entries[head], checkpoint.entries[table])
        ? (true, "head and table are equal and become one")
        : (
          true,
          "head and table differ and stay two, with a warning: config.json says that they are one"
        )
    case (_?, _?, false): return (true, "the head has rows of its own")
    }
  }
}

/// What `config.json` says that decides how weights are read.
private struct HuggingFaceConfig {
  /// The class that it names, or what `AutoModel` makes of its type.
  var className: String
  /// Whether a model of that class has a head over the vocabulary.
  var hasHead: Bool
  /// `tie_word_embeddings`, where it is said.
  var isTied: Bool?
  /// What is known of its type.
  var family: Family?

  /// Models whose table and head have the same names.
  struct Family {
    var table: String
    var head = "lm_head.weight"
    /// Whether they are one where config.json does not say it.
    var isTied = true
  }

  /// Why there is none.
  struct Problem: Error {
    var sentence: String
  }

  static func read(_ listing: DirectoryListing) -> Result<HuggingFaceConfig, Problem> {
    let path = listing.path(of: "config.json")
    guard listing.files.contains("config.json"), let file = try? RandomAccessFile(path: path) else {
      return .failure(Problem(sentence: "the directory has no config.json"))
    }
    guard file.byteCount <= largestByteCount,
      let bytes = try? file.bytes(at: 0, count: file.byteCount),
      let value = try? JSONText(bytes).value
    else { return .failure(Problem(sentence: "config.json is not JSON")) }
    guard let type = value["model_type"]?.string else {
      return .failure(Problem(sentence: "config.json does not say its model_type"))
    }
    let name = value["architectures"]?.elements?.first?.string
    let heads = ["ForCausalLM", "LMHeadModel", "ForConditionalGeneration"]
    let given = value["tie_word_embeddings"] ?? value["text_config"]?["tie_word_embeddings"]
    return .success(
      HuggingFaceConfig(
        className: name ?? "a model of the type '\(escaped(type))'",
        hasHead: name.map { name in heads.contains { name.hasSuffix($0) } } ?? false,
        isTied: given?.bool, family: families[type]))
  }

  // The largest real ones list a hundred thousand labels.
  private static let largestByteCount = 16 << 20

  /// The types whose names are known, in transformers 5.
  private static let families: [String: Family] = {
    var families = [
      "gpt2": Family(table: "transformer.wte.weight"),
      "gpt_neox": Family(
        table: "gpt_neox.embed_in.weight", head: "embed_out.weight", isTied: false),
      "t5": Family(table: "shared.weight"), "bart": Family(table: "model.shared.weight"),
      "opt": Family(table: "model.decoder.embed_tokens.weight"),
      "falcon": Family(table: "transformer.word_embeddings.weight"),
    ]
    for type in ["llama", "mistral", "mixtral", "qwen2", "qwen3", "phi", "phi3"] {
      families[type] = Family(table: "model.embed_tokens.weight", isTied: false)
    }
    for type in ["gemma", "gemma2"] {
      families[type] = Family(table: "model.embed_tokens.weight")
    }
    return families
  }()
}
