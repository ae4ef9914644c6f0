import CheckpointSurgery
import Checkpoints
import TensorStorage
import TestSupport
import Testing
import TransformerGraph
import TransformerInference

@Suite struct `Tying` {
  /// Releases before 2.30.5 do not scale tied logits; 512^-0.5 is no power of two and is rounded.
  @Test(arguments: [("2.30.4", 16), ("2.31.10", 16), ("2.31.10", 12)])
  func `is the inverse of untying, to the byte`(release: String, dim: Int) throws {
    let fresh = try FreshModel(
      FreshModel.decoder("\"tie_embedding\": true", release: release, dim: dim))
    // One name in three directories: torch.save writes the name into the file.
    let paths = try (0..<3).map { _ in try TemporaryDirectory() }
    let (source, first, second) = (
      paths[0].path("model.pt"), paths[1].path("model.pt"), paths[2].path("model.pt")
    )
    try fresh.model.checkpoint.write(to: source)
    let untied = try Untie().plan(for: [reopened(source, fresh)])
    try untied.writePlan(to: first).execute()
    let tied = try Tie().plan(
      for: [SurgeryModel(ConfiguredCheckpoint(Checkpoint.open(first), path: first), path: first)])
    try tied.writePlan(to: second).execute()
    #expect(try paths[0].bytes(of: "model.pt") == paths[2].bytes(of: "model.pt"))
    #expect(try tied.comparison().maximumDifference < 1e-5)
    #expect(tied.promises == untied.promises)
  }

  private func reopened(_ path: String, _ fresh: FreshModel) throws -> SurgeryModel {
    SurgeryModel(
      try ConfiguredCheckpoint(
        Checkpoint.open(path), path: path,
        configurationPath: fresh.directory.path("configuration.json")), path: path)
  }

  @Test func `sets the scale of a head that is another multiple of the table`() throws {
    let fresh = try FreshModel(FreshModel.decoder()) { checkpoint in
      let table = try #require(try checkpoint.values("token_emb.emb.weight"))
      try checkpoint.put("to_logits.weight", table.map { $0 * -3 }, [11, 16])
    }
    let plan = try Tie().plan(for: [fresh.model])
    let call = plan.after[0].configuration.models[0].configuration
    #expect(call["tie_embedding"] == .bool(true))
    #expect(call["tie_embedding_scale"] == .double(-3))
    #expect(plan.after[0].checkpoint["to_logits.weight"] == nil)
    #expect(try plan.comparison().maximumDifference < 1e-5)
  }

  @Test func `puts a power of two into the last norm where the release has no scale`() throws {
    let fresh = try FreshModel(
      FreshModel.decoder(release: "2.30.4", stack: "\"norm_add_unit_offset\": false")
    ) { checkpoint in
      let table = try #require(try checkpoint.values("token_emb.emb.weight"))
      try checkpoint.put("to_logits.weight", table.map { $0 * 0.25 }, [11, 16])
    }
    let plan = try Tie().plan(for: [fresh.model])
    let gain: TensorName = "attn_layers.final_norm.gamma"
    let before = try #require(try fresh.model.checkpoint.values(gain))
    #expect(try plan.after[0].checkpoint.values(gain) == before.map { $0 * 0.25 })
    #expect(try plan.comparison().maximumDifference < 1e-5)
  }

  @Test func `refuses a multiple that the release cannot express`() throws {
    let fresh = try FreshModel(FreshModel.decoder(release: "2.30.4")) { checkpoint in
      let table = try #require(try checkpoint.values("token_emb.emb.weight"))
      try checkpoint.put("to_logits.weight", table.map { $0 * 3 }, [11, 16])
    }
    let error = try #require(throws: SurgeryError.self) { try Tie().plan(for: [fresh.model]) }
    #expect(error.kind == .safety)
    #expect(
      error.description
        == "\(fresh.model.paths.checkpoint): the head is 3.0 times the table, and release 2.30.4 ties "
        + "without a scale; 'ligature migrate --to 2.30.5' first (tie_embedding_scale), or choose what "
        + "is lost with --policy")
  }

  /// The formulas in their plainest form.
  private struct Naive {
    var e: [Double], w: [Double]
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    func length(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
    var scale: Double { dot(e, w) / dot(e, e) }
    func distance(_ a: [Double], _ b: [Double]) -> Double {
      length(zip(a, b).map { $0 - $1 }) / length(b)
    }
  }

  private func unrelated() throws -> (FreshModel, Naive) {
    let fresh = try FreshModel(FreshModel.decoder()) { checkpoint in
      let table = try #require(try checkpoint.values("token_emb.emb.weight"))
      let noise = try #require(try checkpoint.values("to_logits.weight"))
      let head = zip(table, noise).map { 0.5 * $0 + 0.25 * $1 }
      try checkpoint.put("to_logits.weight", head, [11, 16])
    }
    let checkpoint = fresh.model.checkpoint
    let naive = Naive(
      e: try #require(try checkpoint.values("token_emb.emb.weight")).map(Double.init),
      w: try #require(try checkpoint.values("to_logits.weight")).map(Double.init))
    return (fresh, naive)
  }

  @Test func `refuses tables that are not one, and says how far they are apart`() throws {
    let (fresh, naive) = try unrelated()
    let error = try #require(throws: SurgeryError.self) { try Tie().plan(for: [fresh.model]) }
    guard case .tie(.different(let measured, let names), model: _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(names == ["token_emb.emb.weight", "to_logits.weight"])
    #expect(abs(measured.scale - naive.scale) < 1e-9)
    let expected = naive.distance(naive.e.map { $0 * naive.scale }, naive.w)
    #expect(abs(measured.residual - expected) < 1e-6)
    #expect(measured.rowCosines == measured.rowCosines.sorted())
    #expect(error.kind == .safety)
    #expect(error.description.contains("--policy input"))
  }

  @Test(arguments: [TiePolicy.input, .output, .mean, .weighted])
  func `makes the table that the policy describes`(policy: TiePolicy) throws {
    let (fresh, naive) = try unrelated()
    let plan = try Tie(policy: policy, weights: (1, 3)).plan(for: [fresh.model])
    let table = try #require(try plan.after[0].checkpoint.values("token_emb.emb.weight"))
    let call = plan.after[0].configuration.models[0].configuration
    guard case .double(let scale)? = call["tie_embedding_scale"] else {
      Issue.record("no scale")
      return
    }
    let (wE, wW) = policy == .weighted ? (1.0, 3.0) : (1.0, 1.0)
    let expected: [Double] =
      switch policy {
      case .input: naive.e
      case .output: naive.w.map { $0 / (naive.length(naive.w) / naive.length(naive.e)) }
      default:
        zip(naive.e, naive.w).map { (wE * $0 + wW * scale * $1) / (wE + wW * scale * scale) }
      }
    #expect(
      abs(scale - (policy == .output ? naive.length(naive.w) / naive.length(naive.e) : naive.scale))
        < 1e-9)
    for (found, expected) in zip(table, expected) { #expect(abs(Double(found) - expected) < 1e-6) }
    guard case .lossy(let losses) = plan.promises[0].closeness else {
      Issue.record("not lossy")
      return
    }
    #expect(losses.contains("token_emb.emb.weight moves by"))
  }

  @Test func `lets differences within the tolerance pass`() throws {
    let fresh = try FreshModel(FreshModel.decoder()) { checkpoint in
      let table = try #require(try checkpoint.values("token_emb.emb.weight"))
      let head = table.enumerated().map { $1 * 0.25 + ($0 == 3 ? 1e-3 : 0) }
      try checkpoint.put("to_logits.weight", head, [11, 16])
    }
    #expect(throws: SurgeryError.self) { try Tie().plan(for: [fresh.model]) }
    let plan = try Tie(tolerance: 0.01).plan(for: [fresh.model])
    #expect(plan.promises[0].tolerance == nil)
    #expect(try plan.comparison().maximumDifference < 0.05)
  }

  @Test(arguments: [
    (
      "\"num_output_heads\": 3", 16, "SeveralHeads",
      "'to_logits.weight' are 3 heads (num_output_heads), and x-transformers ties only a single one"
    ),
    (
      "\"emb_dim\": 8", 16, "NarrowEmbedding",
      "emb_dim is 8 and dim 16: a tied head would need a projection before it, which x-transformers' "
        + "constructor cannot make"
    ),
    (
      "\"logits_dim\": 5", 16, "ShapesDiffer",
      "'token_emb.emb.weight' has the shape [11, 16] and 'to_logits.weight' [5, 16]; only tables of one "
        + "vocabulary and one width can be one ('ligature resize' brings vocabularies into line)"
    ),
    (
      "\"return_only_embed\": true", 16, "NothingToTie",
      "it has no head of its own that could be tied"
    ),
    ("\"tie_embedding\": true", 16, "NothingToTie", "it has no head of its own that could be tied"),
  ])
  func `refuses heads that cannot be tied by name`(
    arguments: String, dim: Int, code: String, sentence: String
  ) throws {
    let fresh = try FreshModel(FreshModel.decoder(arguments, dim: dim))
    let error = try #require(throws: SurgeryError.self) {
      try Tie(policy: .mean).plan(for: [fresh.model])
    }
    #expect(error.code == code)
    #expect(error.description == "\(fresh.model.paths.checkpoint): \(sentence)")
  }

  @Test func `never drops a bias of the head silently`() throws {
    let biased = try FreshModel(FreshModel.decoder(release: "1.26.0")) { checkpoint in
      let table = try #require(try checkpoint.values("token_emb.emb.weight"))
      try checkpoint.put("to_logits.weight", table, [11, 16])
      try checkpoint.put("to_logits.bias", (0..<11).map { Float($0) / 8 }, [11])
    }
    #expect(
      throws: SurgeryError.tie(.headBias(largest: 1.25), model: biased.model.paths.checkpoint)
    ) { try Tie().plan(for: [biased.model]) }
    let zero = try FreshModel(FreshModel.decoder(release: "1.26.0")) { checkpoint in
      let table = try #require(try checkpoint.values("token_emb.emb.weight"))
      try checkpoint.put("to_logits.weight", table, [11, 16])
      try checkpoint.put("to_logits.bias", [Float](repeating: 0, count: 11), [11])
    }
    let plan = try Tie().plan(for: [zero.model])
    #expect(plan.after[0].checkpoint["to_logits.bias"] == nil)
    #expect(plan.steps[0].facts.last == "to_logits.bias is zero and is left out")
  }
}
