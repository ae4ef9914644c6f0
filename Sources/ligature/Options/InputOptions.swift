internal import ArgumentParser
internal import Checkpoints
internal import TensorStorage
internal import TransformerInference

/// The inputs of a forward pass: `.npy` files.
struct InputOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Token ids, int64 [b, n].", valueName: "npy"))
  var tokens: String?

  @Option(help: ArgumentHelp("Which tokens are there, bool [b, n].", valueName: "npy"))
  var mask: String?

  @Option(help: ArgumentHelp("What is attended to, float32 [b, m, d].", valueName: "npy"))
  var context: String?

  @Option(help: ArgumentHelp("Which of the context is there, bool [b, m].", valueName: "npy"))
  var contextMask: String?

  @Option(help: ArgumentHelp("An XTransformer's source tokens, int64 [b, m].", valueName: "npy"))
  var source: String?

  @Option(help: ArgumentHelp("Which source tokens are there, bool [b, m].", valueName: "npy"))
  var sourceMask: String?

  @Option(
    help: ArgumentHelp("Features, float32 [b, n, d], for continuous models.", valueName: "npy"))
  var embeds: String?

  @Option(
    help: ArgumentHelp(
      "Ids of a further embedding, int64 [b, n]; repeatable.", valueName: "name=npy"))
  var embedIds: [String] = []

  @Option(help: ArgumentHelp("A condition, float32, for adaptive norms.", valueName: "npy"))
  var condition: String?

  @Option(
    help: ArgumentHelp(
      "A further argument of the forward call: prefix_attn_len=N, return_embeddings=true.",
      valueName: "key=value"))
  var forward: [String] = []

  /// Reads the files.
  func input() throws -> ModelInput {
    var input = ModelInput()
    input.tokens = try tokens.map { try ArrayFile($0, "--tokens").tokens() }
    input.mask = try mask.map { try ArrayFile($0, "--mask").presence() }
    input.context = try context.map { try ArrayFile($0, "--context").features() }
    input.contextMask = try contextMask.map { try ArrayFile($0, "--context-mask").presence() }
    input.source = try source.map { try ArrayFile($0, "--source").tokens() }
    input.sourceMask = try sourceMask.map { try ArrayFile($0, "--source-mask").presence() }
    input.embeds = try embeds.map { try ArrayFile($0, "--embeds").features() }
    for pair in embedIds {
      let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw UsageError.conflict("--embed-ids \(pair): must be written NAME=FILE")
      }
      input.embedIDs[parts[0]] = try ArrayFile(parts[1], "--embed-ids \(parts[0])").tokens()
    }
    if condition != nil {
      throw UsageError.conflict("--condition: no forward pass is built for adaptive norms")
    }
    for argument in forward { try set(argument, of: &input) }
    return input
  }

  private func set(_ argument: String, of input: inout ModelInput) throws {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    switch (parts.first ?? "", parts.count == 2 ? parts[1] : "") {
    case ("prefix_attn_len", let text):
      guard let length = Int(text), length >= 0 else {
        throw UsageError.conflict("--forward prefix_attn_len takes a whole number")
      }
      input.prefixLength = length
    case ("return_embeddings", let text) where ["true", "false"].contains(text):
      input.returnsEmbeddings = text == "true"
    default:
      throw UsageError.conflict(
        "--forward \(argument): the arguments are prefix_attn_len=N and return_embeddings=true|false"
      )
    }
  }
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

  private func requireRank(_ rank: Int, _ what: String) throws {
    guard tensor.shape.count == rank else {
      throw UsageError.conflict(
        "\(name): \(what) have \(rank) dimensions, not the shape \(tensor.shape)")
    }
  }
}
