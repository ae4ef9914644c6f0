internal import ArgumentParser
internal import Checkpoints
internal import TensorStorage
internal import TransformerInference

/// The inputs of a forward pass: `.npy` files.
struct InputOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Token ids, int64 [b, n].", valueName: "npy"), completion: .file())
  var tokens: String?

  @Option(
    help: ArgumentHelp("Which tokens are there, bool [b, n].", valueName: "npy"),
    completion: .file())
  var mask: String?

  @Option(
    help: ArgumentHelp("What is attended to, float32 [b, m, d].", valueName: "npy"),
    completion: .file())
  var context: String?

  @Option(
    help: ArgumentHelp("Which of the context is there, bool [b, m].", valueName: "npy"),
    completion: .file())
  var contextMask: String?

  @Option(
    help: ArgumentHelp("An XTransformer's source tokens, int64 [b, m].", valueName: "npy"),
    completion: .file())
  var source: String?

  @Option(
    help: ArgumentHelp("Which source tokens are there, bool [b, m].", valueName: "npy"),
    completion: .file())
  var sourceMask: String?

  @Option(
    help: ArgumentHelp("Features, float32 [b, n, d], for continuous models.", valueName: "npy"),
    completion: .file())
  var embeds: String?

  @Option(
    help: ArgumentHelp(
      "Ids of a further embedding, int64 [b, n]; repeatable.", valueName: "name=npy"))
  var embedIds: [String] = []

  @Option(
    help: ArgumentHelp("A condition, float32, for adaptive norms.", valueName: "npy"),
    completion: .file())
  var condition: String?

  @Option(
    help: ArgumentHelp(
      "A further argument of the forward call: prefix_attn_len=N, return_embeddings=true.",
      valueName: "key=value"))
  var forward: [String] = []

  /// The files that are read.
  var paths: [String] {
    [tokens, mask, context, contextMask, source, sourceMask, embeds, condition].compactMap(\.self)
      + embedIds.compactMap { pair in
        pair.firstIndex(of: "=").map { String(pair[pair.index(after: $0)...]) }
      }
  }

  /// Reads the files.
  func input() throws -> ModelInput {
    var input = ModelInput()
    input.tokens = try tokens.map { try ArrayFile($0, "--tokens").tokens() }
    input.mask = try mask.map { try ArrayFile($0, "--mask").presence() }
    input.context = try context.map { try ArrayFile($0, "--context").features() }
    input.contextMask = try contextMask.map { try ArrayFile($0, "--context-mask").presence() }
    input.source = try source.map { try ArrayFile($0, "--source").tokens() }
    input.sourceMask = try sourceMask.map { try ArrayFile($0, "--source-mask").presence() }
    if let embeds { try read(ArrayFile(embeds, "--embeds"), into: &input) }
    for pair in embedIds {
      let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw UsageError.conflict("--embed-ids \(pair): must be written NAME=FILE")
      }
      input.embedIDs[parts[0]] = try ArrayFile(parts[1], "--embed-ids \(parts[0])").tokens()
    }
    input.condition = try condition.map { try ArrayFile($0, "--condition").condition() }
    for argument in forward { try set(argument, of: &input) }
    return input
  }

  private func read(_ file: ArrayFile, into input: inout ModelInput) throws {
    if file.rank == 4 {
      input.image = try file.image()
    } else {
      input.embeds = try file.features()
    }
  }

  private func set(_ argument: String, of input: inout ModelInput) throws {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    let (name, text) = (parts.first ?? "", parts.count == 2 ? parts[1] : "")
    switch name {
    case "prefix_attn_len": input.prefixLength = try count(name, text)
    case "recycle_steps": input.recycleCount = try count(name, text)
    case "looped_steps", "max_looped_steps": input.loopCount = try count(name, text)
    case "return_embeddings" where ["true", "false"].contains(text.lowercased()):
      input.returnsEmbeddings = text.lowercased() == "true"
    default:
      throw UsageError.conflict(
        "--forward \(argument): the arguments are \(Self.forwardNames.joined(separator: ", "))")
    }
  }

  private func count(_ name: String, _ text: String) throws -> Int {
    guard let count = Int(text), (0...Self.largestCount).contains(count) else {
      throw UsageError.conflict("--forward \(name) takes a whole number up to \(Self.largestCount)")
    }
    return count
  }

  private static let forwardNames = [
    "prefix_attn_len=N", "return_embeddings=true|false", "recycle_steps=N", "looped_steps=N",
  ]

  // No sequence is longer and no model is run more often.
  private static let largestCount = 1 << 28
}

/// One `.npy` file of an input.
struct ArrayFile {
  private let name: String
  private let tensor: LazyTensor

  /// Opens the file that the option `name` gives.
  init(_ path: String, _ name: String) throws {
    self.name = name
    let checkpoint = try Checkpoint.open(path)
    guard checkpoint.entries.count == 1, let only = checkpoint.entries.first else {
      throw UsageError.conflict("\(name): one array is needed, as a .npy file")
    }
    tensor = only.tensor
  }

  /// Ids of the shape `[b, n]`.
  func tokens() throws -> ModelInput.Tokens {
    try requireRank(2, "token ids")
    let bytes = try tensor.read()
    let width = tensor.dtype.bitCount / 8
    guard [.i64, .i32, .u8, .i16, .u16, .u32].contains(tensor.dtype) else {
      throw UsageError.conflict("\(name): token ids are int64, not \(tensor.dtype.name)")
    }
    let isSigned = [.i64, .i32, .i16].contains(tensor.dtype)
    let ids = stride(from: 0, to: bytes.count, by: width).map { start -> Int in
      var value: UInt64 = 0
      for byte in 0..<width { value |= UInt64(bytes[start + byte]) << UInt64(8 * byte) }
      let shift = UInt64(64 - 8 * width)
      return isSigned
        ? Int(Int64(bitPattern: value << shift) >> Int64(shift)) : Int(value)
    }
    return ModelInput.Tokens(ids, batch: tensor.shape[0], length: tensor.shape[1])
  }

  /// Flags of the shape `[b, n]`.
  func presence() throws -> ModelInput.Presence {
    try requireRank(2, "a mask")
    guard tensor.dtype == .bool || tensor.dtype == .u8 else {
      throw UsageError.conflict("\(name): a mask is bool, not \(tensor.dtype.name)")
    }
    return ModelInput.Presence(
      try tensor.read().map { $0 != 0 }, batch: tensor.shape[0], length: tensor.shape[1])
  }

  /// Features of the shape `[b, n, d]`.
  func features() throws -> ModelInput.Features {
    try requireRank(3, "features")
    guard tensor.cast(to: .f32) != nil else {
      throw UsageError.conflict("\(name): features are float32, not \(tensor.dtype.name)")
    }
    return ModelInput.Features(
      try tensor.floats(), batch: tensor.shape[0], length: tensor.shape[1], width: tensor.shape[2])
  }

  /// A condition of the shape `[b, c]` or `[b, n, c]`.
  func condition() throws -> ModelInput.Features {
    guard rank == 2 else { return try features() }
    let values = try floats("a condition")
    return ModelInput.Features(
      values, batch: tensor.shape[0], length: 1, width: tensor.shape[1])
  }

  /// Images of the shape `[b, c, h, w]`.
  func image() throws -> ModelInput.Image {
    let shape = tensor.shape
    return ModelInput.Image(
      try floats("an image"), batch: shape[0], channels: shape[1], height: shape[2],
      width: shape[3])
  }

  /// How many dimensions there are.
  var rank: Int { tensor.shape.count }

  private func floats(_ what: String) throws -> [Float] {
    guard tensor.cast(to: .f32) != nil else {
      throw UsageError.conflict("\(name): \(what) is float32, not \(tensor.dtype.name)")
    }
    return try tensor.floats()
  }

  private func requireRank(_ rank: Int, _ what: String) throws {
    guard tensor.shape.count == rank else {
      throw UsageError.conflict(
        "\(name): \(what) have \(rank) dimensions, not the shape \(tensor.shape)")
    }
  }
}
