import CheckpointSurgery
import Checkpoints
import TensorStorage
import TestSupport
import Testing
import TransformerGraph
import TransformerInference

@Suite struct `Untying` {
  static func tied(_ assignments: [String] = []) throws -> SurgeryModel {
    let path = Fixtures.path("models/tied.pt")
    let configured = try ConfiguredCheckpoint(
      Checkpoint.open(path), path: path, assignments: assignments)
    return SurgeryModel(configured, path: path)
  }

  /// Releases before 2.30.5 do not scale tied logits; after, the scale is `dim^-0.5`, here 1/4.
  @Test(arguments: [("2.30.4", Float(1)), ("2.31.10", 0.25)])
  func `writes the table times the scale of its release`(release: String, scale: Float) throws {
    let model = try Self.tied(["x_transformers=\(release)"])
    let plan = try Untie().plan(for: [model])
    let table = try #require(model.checkpoint["token_emb.emb.weight"]).floats()
    let head = try #require(plan.after[0].checkpoint["to_logits.weight"])
    #expect(try head.floats() == table.map { $0 * scale })
    #expect(plan.after[0].configuration.models[0].configuration["tie_embedding"] == nil)
    #expect(plan.promises == [Promise(.exact)])
  }

  @Test func `keeps the logits`() throws {
    let plan = try Untie().plan(for: [Self.tied()])
    let comparison = try FunctionComparison(
      before: (plan.before[0].graph(), nil), after: (plan.after[0].graph(), nil))
    #expect(comparison.maximumDifference < 1e-5)
    #expect(comparison.spread > 0.1)
    #expect(comparison.topAgreement == 1)
  }

  @Test func `refuses a model without a tied head`() throws {
    let path = Fixtures.path("models/model.pt")
    let model = SurgeryModel(
      try ConfiguredCheckpoint(Checkpoint.open(path), path: path), path: path)
    #expect(
      throws: SurgeryError.tie(.nothingTied, model: path)
    ) { try Untie().plan(for: [model]) }
  }
}

@Suite struct `Untying tables` {
  private static func translator() throws -> SurgeryModel {
    let path = Fixtures.path("models/xtransformer.pt")
    return SurgeryModel(
      try ConfiguredCheckpoint(Checkpoint.open(path), path: path), path: path)
  }

  @Test func `gives the decoder of an XTransformer a table of its own`() throws {
    let model = try Self.translator()
    let plan = try Untie().plan(for: [model])
    let names: [TensorName] = ["encoder.token_emb.emb.weight", "decoder.net.token_emb.emb.weight"]
    let tables = try names.map { try #require(plan.after[0].checkpoint[$0]) }
    #expect(!tables[0].sharesBytes(with: tables[1]))
    #expect(try tables[0].floats() == tables[1].floats())
    #expect(plan.after[0].configuration.models[0].configuration["tie_token_emb"] == nil)
    #expect(try plan.after[0].parameterCount - model.parameterCount == tables[0].elementCount)
    #expect(try plan.comparison().maximumDifference < 1e-6)
  }

  @Test func `and tying them again gives the same counts, trainable ones too`() throws {
    let model = try Self.translator()
    let plan = try Untie().plan(for: [model]).followed(by: Tie())
    let reports = try [model, plan.after[0]].map { try $0.graph().report(on: $0.checkpoint) }
    #expect(reports[0].trainableCount == reports[1].trainableCount)
    #expect(reports[0].foundCount == reports[1].foundCount)
    #expect(plan.after[0].configuration.models[0].configuration["tie_token_emb"] == .bool(true))
  }

  /// safetensors' `save_model` keeps one of the two names and notes the other.
  @Test func `finds a table that the metadata notes as an alias`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("noted.safetensors")
    let model = try Self.translator()
    try model.checkpoint.write(to: path)
    #expect(try Checkpoint.open(path).entries.count == model.checkpoint.entries.count - 1)
    let noted = SurgeryModel(
      try ConfiguredCheckpoint(
        Checkpoint.open(path), path: path,
        configurationPath: Fixtures.path("models/xtransformer.ligature.json")), path: path)
    let plan = try Untie().plan(for: [noted])
    #expect(try plan.comparison().maximumDifference < 1e-6)
    let untied = directory.path("untied.safetensors")
    try plan.writePlan(to: untied).execute()
    let written = try Checkpoint.open(untied)
    #expect(written.entries.count == model.checkpoint.entries.count)
    #expect(written.metadata == ["format": "pt"])
  }

  @Test func `refuses tables that are declared to be one and differ`() throws {
    var model = try Self.translator()
    let name: TensorName = "decoder.net.token_emb.emb.weight"
    let table = try #require(model.checkpoint[name])
    try model.checkpoint.put(name, try table.floats().map { $0 + 1 }, table.shape)
    let error = try #require(throws: SurgeryError.self) { try Untie().plan(for: [model]) }
    #expect(error.code == "DeclaredButDifferent")
    #expect(error.kind == .safety)
    try model.checkpoint.put(name, try table.floats(), table.shape)
    let fact = try Untie().plan(for: [model]).steps[0].facts[0]
    #expect(fact.hasSuffix("(it was encoder.token_emb.emb.weight: equal, declared)"))
  }

  @Test func `keeps the rows' norms out of a head under l2norm_embed`() throws {
    let fresh = try FreshModel(
      FreshModel.decoder("\"tie_embedding\": true, \"l2norm_embed\": true"))
    let plan = try Untie().plan(for: [fresh.model])
    let table = try #require(try fresh.model.checkpoint.values("token_emb.emb.weight"))
    #expect(try plan.after[0].checkpoint.values("to_logits.weight") == table.map { $0 / 4 })
  }

  @Test func `of several models in one file makes each whole`() throws {
    let call = """
      {"class": "TransformerWrapper", "num_tokens": 7, "max_seq_len": 4, TABLE
       "attn_layers": {"class": "Decoder", "dim": 8, "depth": 1, "heads": 2, "attn_dim_head": 4}}
      """
    let own = call.replacing("TABLE", with: "\"l2norm_embed\": true,")
    let shared = call.replacing("TABLE", with: "\"token_emb\": \"a.token_emb\",")
    let fresh = try FreshModel("{\"models\": {\"a\": \(own), \"b\": \(shared)}}")
    let plan = try Untie().plan(for: [fresh.model])
    let second = plan.after[0].configuration.models[1].configuration
    // The rows are normalised when they are read, as the shared module did it.
    guard case .module(let table)? = second["token_emb"] else {
      Issue.record("\(String(describing: second["token_emb"]))")
      return
    }
    #expect(table["l2norm_embed"] == .bool(true))
    let graph = try plan.after[0].graph()
    #expect(graph.wrappers[0].wrapper.tokenEmbedding !== graph.wrappers[1].wrapper.tokenEmbedding)
    #expect(graph.wrappers[1].wrapper.tokenEmbedding.normalizesRows)
  }

  @Test func `by name separates any group of tensors`() throws {
    var checkpoint = Checkpoint()
    let shared = try LazyTensor.of([1, 2], shape: [2])
    for name in ["a.x", "b.x", "c.x"] {
      _ = checkpoint.append(.init(name: TensorName(name), tensor: shared))
    }
    let pattern = try #require(NamePattern("[bc].*"))
    #expect(checkpoint.detachNames(matching: [pattern]) == ["b.x", "c.x"])
    #expect(checkpoint.aliasGroups().isEmpty)
    #expect(try checkpoint.values("c.x") == [1, 2])
    #expect(checkpoint.detachNames(matching: [pattern]).isEmpty)
  }
}
