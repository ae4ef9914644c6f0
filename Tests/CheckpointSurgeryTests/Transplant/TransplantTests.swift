import CheckpointSurgery
import Checkpoints
import TensorStorage
import TestSupport
import Testing
import TransformerGraph

@Suite struct `Transplanting` {
  static func model(
    _ arguments: String = "", release: String = "2.31.10", seed: UInt64 = 1, tokens: Int = 11,
    dim: Int = 16
  ) throws -> SurgeryModel {
    var model = try FreshModel(
      FreshModel.decoder(arguments, release: release, tokens: tokens, dim: dim), seed: seed
    ).model
    model.paths.checkpoint = seed == 1 ? "model.pt" : "donor.pt"
    return model
  }

  private func donor(
    _ arguments: String = "", release: String = "2.31.10", tokens: Int = 11, dim: Int = 16
  ) throws -> TransplantDonor {
    try TransplantDonor(Self.model(arguments, release: release, seed: 2, tokens: tokens, dim: dim))
  }

  private func fault(_ body: () throws -> SurgeryPlan) -> TransplantFault? {
    do {
      _ = try body()
      return nil
    } catch SurgeryError.transplant(let fault, model: _) { return fault } catch { return nil }
  }

  @Test func `takes rows of the table and of the head`() throws {
    let (model, other) = (try Self.model(), try Self.model(seed: 2))
    var transplant = Transplant(from: try TransplantDonor(other))
    transplant.tokens = TokenPairs(
      [.init(recipient: 3, donor: 7), .init(recipient: 0, donor: 7)], source: "map")
    let plan = try transplant.plan(for: [model])
    for name in ["token_emb.emb.weight", "to_logits.weight"] {
      var expected = try model.rows(name)
      let given = try other.rows(name)
      expected[3] = given[7]
      expected[0] = given[7]
      #expect(try plan.rows(name) == expected)
    }
  }

  /// Property 5: of itself, by every method, it is the identity.
  @Test(arguments: [nil] + ProjectionMethod.allCases) func `of a model into itself changes no byte`(
    method: ProjectionMethod?
  ) throws {
    for arguments in [
      "", "\"tie_embedding\": true", "\"l2norm_embed\": true", "\"ff_deep_embed\": true",
    ] {
      let model = try Self.model(arguments)
      var transplant = Transplant(from: try TransplantDonor(model))
      transplant.method = method
      if method == .ridge || method == .procrustes {
        transplant.anchors = TokenPairs(
          (0..<5).map { .init(recipient: $0, donor: $0) }, source: "anchors")
      }
      let plan = try transplant.plan(for: [model])
      #expect(plan.after[0].configuration == model.configuration)
      #expect(plan.after[0].checkpoint.entries.map(\.name) == model.checkpoint.entries.map(\.name))
      #expect(try plan.after[0].checkpoint.described() == model.checkpoint.described())
    }
  }

  @Test func `keeps a tied head tied`() throws {
    let plan = try Transplant(from: donor()).plan(for: [Self.model("\"tie_embedding\": true")])
    #expect(plan.after[0].checkpoint["to_logits.weight"] == nil)
    #expect(
      try plan.rows("token_emb.emb.weight") == Self.model(seed: 2).rows("token_emb.emb.weight"))
  }

  /// Before 2.30.5 tied logits were not scaled, after it they are by `dim^-0.5`.
  @Test func `takes the scale of tied logits along, or refuses`() throws {
    let tied = "\"tie_embedding\": true"
    let old = try donor(tied, release: "2.30.4")
    let plan = try Transplant(from: old).plan(for: [Self.model(tied)])
    #expect(
      plan.after[0].configuration.models[0].configuration["tie_embedding_scale"] == .double(1))
    #expect(
      fault { try Transplant(from: donor(tied)).plan(for: [Self.model(tied, release: "2.30.4")]) }
        == .scalesDiffer(recipient: 1, donor: 0.25))
    var some = Transplant(from: old)
    some.tokens = TokenPairs([.init(recipient: 0, donor: 0)], source: "map")
    #expect(
      fault { try some.plan(for: [Self.model(tied)]) } == .scalesDiffer(recipient: 0.25, donor: 1))
    some.untiesHead = true
    let untied = try some.plan(for: [Self.model(tied)])
    let (own, given) = (
      try Self.model(tied).rows("token_emb.emb.weight"),
      try Self.model(seed: 2).rows("token_emb.emb.weight")
    )
    #expect(
      try untied.rows("to_logits.weight") == [given[0]]
        + own.dropFirst().map { $0.map { $0 * 0.25 } })
  }

  @Test func `puts a whole table of another width behind a projection`() throws {
    let model = try Self.model()
    var transplant = Transplant(from: try donor(dim: 24))
    transplant.method = .embeddingDimension
    let plan = try transplant.plan(for: [model])
    let after = plan.after[0]
    #expect(after.configuration.models[0].configuration["emb_dim"] == .int(24))
    #expect(after.checkpoint["token_emb.emb.weight"]?.shape == [11, 24])
    #expect(after.checkpoint["project_emb.weight"]?.shape == [16, 24])
    // Positions: p · 24^-½ · A = old p · 16^-½, A the first 16 coordinates.
    let (old, new) = (try model.rows("pos_emb.emb.weight"), try plan.rows("pos_emb.emb.weight"))
    for (before, now) in zip(old, new) {
      for column in 0..<16 {
        #expect(abs(now[column] / Float(24).squareRoot() - before[column] / 4) < 1e-6)
      }
      #expect(now[16...].allSatisfy { $0 == 0 })
    }
    // The head is as wide as the model, which the donor's is not.
    #expect(try plan.rows("to_logits.weight") == model.rows("to_logits.weight"))
  }

  @Test func `makes project_emb needless where the donor is as wide as the model`() throws {
    var transplant = Transplant(from: try donor())
    transplant.method = .embeddingDimension
    let plan = try transplant.plan(for: [Self.model("\"emb_dim\": 12")])
    #expect(plan.after[0].configuration.models[0].configuration["emb_dim"] == nil)
    #expect(plan.after[0].checkpoint["project_emb.weight"] == nil)
  }

  @Test(arguments: [
    ("\"post_emb_norm\": true", "post_emb_norm"),
    ("\"scaled_sinu_pos_emb\": true", "scaled_sinu_pos_emb"),
    ("\"add_continuous_pred_head\": true", "add_continuous_pred_head"),
    ("\"tie_embedding\": true", "tie_embedding"),
  ]) func `refuses by name what a change of width would break`(arguments: String, option: String)
    throws
  {
    var transplant = Transplant(from: try donor(dim: 24))
    transplant.method = .embeddingDimension
    let found = fault { try transplant.plan(for: [Self.model(arguments)]) }
    guard case .option(option, reason: _)? = found else {
      Issue.record("\(String(describing: found))")
      return
    }
  }

  @Test func `says what is wrong`() throws {
    let model = try Self.model()
    func text(
      _ change: (inout Transplant) throws -> Void = { _ in }, from donor: TransplantDonor,
      into model: SurgeryModel
    ) throws -> String? {
      var transplant = Transplant(from: donor)
      try change(&transplant)
      do {
        _ = try transplant.plan(for: [model])
        return nil
      } catch { return "\(error)" }
    }
    #expect(
      try text(from: donor(dim: 24), into: model) == """
        model.pt: rows of its table have 16 numbers, and those of donor.pt 24; --project says what becomes of them: \
        emb-dim (the donor's table whole, with a projection behind it), ridge or procrustes (learned from --anchors), \
        pca, pad or truncate
        """)
    #expect(
      try text(from: donor(tokens: 12), into: model) == """
        model.pt: it has 11 tokens, and donor.pt 12; --tokens MAP or --rows A:B=C:D says which rows take the place of \
        which, and 'ligature resize' changes their number
        """)
    #expect(
      try text({ $0.method = .ridge }, from: donor(dim: 24), into: model) == """
        model.pt: --project ridge is learned from pairs of tokens that say the same: --anchors MAP, or both \
        vocabularies (--vocab, --from-vocab)
        """)
    #expect(
      try text({ $0.method = .pad }, from: donor(dim: 24), into: model)
        == "model.pt: --project pad widens rows, and 24 to 16 is narrower")
    #expect(
      try text(
        { $0.tokens = TokenPairs([.init(recipient: 11, donor: 0, line: 4)], source: "map.tsv") },
        from: donor(), into: model)
        == "map.tsv: line 4: 11 is no token of the recipient, which has the ids 0 to 10")
    #expect(
      try text(
        {
          $0.tokens = TokenPairs(
            [.init(recipient: 1, donor: 0, line: 1), .init(recipient: 1, donor: 2, line: 2)],
            source: "map.tsv")
        }, from: donor(), into: model)
        == "map.tsv: line 2: the recipient's token '1' stands in line 1 too")
    #expect(
      try text(from: donor(), into: Self.model("\"l2norm_embed\": true")) == """
        model.pt: l2norm_embed: the model divides rows by their lengths when it reads them, so the lengths of the \
        donor's rows would be lost
        """)
    #expect(
      try text(
        {
          $0.anchors = TokenPairs([.init(recipient: 1, donor: 0)], source: "a"); $0.method = .ridge
        }, from: donor(dim: 24), into: model)
        == "model.pt: of 1 anchors 1 have two rows that are finite and not zero; at least 2 are needed"
    )
    let pair = try MadeModels.encoderDecoder(11, 11, shared: false)
    #expect(
      try text(from: donor(dim: 8), into: pair)
        == "made.pt: it has several tables; --at chooses one of 'encoder', 'decoder.net'")
    #expect(
      try text({ $0.place = "encodr" }, from: donor(dim: 8), into: pair)
        == "made.pt: there is no table at 'encodr'; did you mean 'encoder'?")
  }

  @Test func `casts rows to the model's dtype and says so`() throws {
    var model = try Self.model()
    let position = try #require(model.checkpoint.position(of: "token_emb.emb.weight"))
    let narrow = try #require(model.checkpoint.entries[position].tensor.cast(to: .bf16))
    model.checkpoint.replaceTensor(
      at: position,
      with: try Made.tensor(.bf16, narrow.shape, storage: Storage(MemoryBytes(narrow.read()))))
    var transplant = Transplant(from: try donor())
    transplant.tokens = TokenPairs([.init(recipient: 2, donor: 3)], source: "map")
    let plan = try transplant.plan(for: [model])
    let table = try #require(plan.after[0].checkpoint["token_emb.emb.weight"])
    #expect(table.dtype == .bf16)
    let given = try #require(donor().table.rows(3..<4)?.cast(to: .bf16))
    #expect(try #require(table.rows(2..<3)).read() == given.read())
    #expect(plan.steps[0].facts.contains { $0.contains("16 values became BF16") })
  }
}
