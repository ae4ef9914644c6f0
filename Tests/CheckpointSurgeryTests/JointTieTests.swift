import Checkpoints
import TensorStorage
import TestSupport
import Testing
import TransformerGraph
import TransformerInference

@testable import CheckpointSurgery

@Suite struct `A joint table` {
  private func models(
    _ first: String = FreshModel.decoder(tokens: 29),
    _ second: String = FreshModel.decoder(tokens: 29, dim: 8)
  ) throws -> [FreshModel] {
    [try FreshModel(first, name: "en"), try FreshModel(second, seed: 2, name: "de")]
  }

  private func tied(_ models: [FreshModel], rank: Int? = nil) throws -> SurgeryPlan {
    try TieModels(policy: .joint, rank: rank).plan(for: models.map(\.model))
  }

  private func width(_ model: SurgeryModel) -> ArgumentValue? {
    model.configuration.models[0].configuration["emb_dim"]
  }

  @Test(arguments: [1, 2, 13, 257, 1031, 65_537])
  func `of full rank keeps the logits of every model to rounding`(tokenCount: Int) throws {
    let models = try models(
      FreshModel.decoder("\"tie_embedding\": true", tokens: tokenCount),
      FreshModel.decoder(tokens: tokenCount, dim: 8))
    let plan = try tied(models)
    #expect(plan.promises == [Promise(.rounding), Promise(.rounding)])
    let tables = plan.after.map { $0.checkpoint["token_emb.emb.weight"] }
    #expect(tables[0]?.shape == [tokenCount, 24])
    #expect(tables[0]?.isSameView(as: try #require(tables[1])) == true)
    #expect(plan.after.map(width) == [.int(24), .int(24)])
    #expect(plan.after[0].checkpoint["to_logits.weight"]?.shape == [tokenCount, 16])
    for position in 0..<2 {
      let comparison = try plan.comparison(position)
      #expect(
        plan.promises[position].isKept(
          difference: comparison.maximumDifference, spread: comparison.spread),
        "\(comparison.maximumDifference)")
    }
  }

  @Test func `goes through the projections that models have, and takes further embeddings along`()
    throws
  {
    let models = try models(
      FreshModel.decoder("\"emb_dim\": 6, \"embed_num_tokens\": {\"kind\": 3}", tokens: 29),
      FreshModel.decoder("\"emb_dim\": 12", tokens: 29, dim: 8))
    let plan = try tied(models)
    #expect(plan.after[0].checkpoint["project_emb.weight"]?.shape == [16, 18])
    #expect(plan.after[1].checkpoint["project_emb.weight"]?.shape == [8, 18])
    #expect(plan.after[0].checkpoint["embeds.kind_embed.weight"]?.shape == [3, 18])
    for position in 0..<2 {
      #expect(try plan.comparison(position).maximumDifference < 1e-4)
    }
  }

  @Test func `loses the less the wider it is, and what the axes that are left out hold`() throws {
    let models = try models()
    let tables = try models.map { try #require($0.model.checkpoint["token_emb.emb.weight"]) }
    var last = [Double.infinity, .infinity]
    for rank in 1...24 {
      let joint = try JointTable(tables, rank: rank, width: rank, as: .f64)
      let shared = Matrix(rowCount: 29, columnCount: rank, try joint.table.doubles(0..<(29 * rank)))
      for (position, table) in tables.enumerated() {
        let own = try table.doubles(0..<table.elementCount)
        let made = LinearAlgebra.product(shared, joint.factors[position]).values
        let apart = zip(own, made).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let length = own.reduce(0) { $0 + $1 * $1 }
        let loss = (apart / length).squareRoot()
        #expect(abs(loss - joint.losses[position]) < 1e-6, "rank \(rank)")
        #expect(loss <= last[position] + 1e-12, "rank \(rank)")
        last[position] = loss
      }
    }
    #expect(last.allSatisfy { $0 < 1e-7 })
  }

  @Test func `of less rank says what it loses, of each model`() throws {
    let plan = try tied(models(), rank: 12)
    for (position, name) in ["en", "de"].enumerated() {
      guard case .lossy(let losses) = plan.promises[position].closeness else {
        Issue.record("\(name) is not lossy")
        continue
      }
      #expect(losses.hasPrefix("\(name): the rows move by "))
    }
    // 12 directions cannot hold the 16 of the first model's positions.
    #expect(
      plan.steps[0].facts.contains(
        "en: pos_emb.emb.weight: the projection reaches 12 of 16 directions, and the rest of them is lost"
      ))
  }

  /// Tables that are images of one narrow table lose nothing at its width.
  @Test func `finds the rank that the tables have`() throws {
    var generator = SeededGenerator(seed: 4)
    let latent = (0..<(29 * 3)).map { _ in Float.random(in: -1...1, using: &generator) }
    func image(_ width: Int) -> [Float] {
      let map = (0..<(3 * width)).map { _ in Float.random(in: -1...1, using: &generator) }
      return (0..<(29 * width)).map { element in
        (0..<3).reduce(0) {
          $0 + latent[element / width * 3 + $1] * map[$1 * width + element % width]
        }
      }
    }
    let models = try [
      FreshModel(FreshModel.decoder("\"use_abs_pos_emb\": false", tokens: 29), name: "en") {
        try $0.put("token_emb.emb.weight", image(16), [29, 16])
      },
      FreshModel(FreshModel.decoder("\"use_abs_pos_emb\": false", tokens: 29, dim: 8), name: "de") {
        try $0.put("token_emb.emb.weight", image(8), [29, 8])
      },
    ]
    let plan = try tied(models, rank: 3)
    for position in 0..<2 {
      #expect(try plan.comparison(position).maximumDifference < 1e-4)
    }
  }

  @Test func `avoids the widths at which there is no projection`() throws {
    let models = try models(
      FreshModel.decoder("\"emb_dim\": 8", tokens: 29), FreshModel.decoder(tokens: 29, dim: 8))
    #expect(try tied(models).after.map(width) == [.int(17), .int(17)])
    let error = try #require(throws: SurgeryError.self) { try tied(models, rank: 8) }
    #expect(error.kind == .usage)
    #expect(
      error.description
        == "tie: --rank 8 is the width of de, and x-transformers has no project_emb where emb_dim is dim; give "
        + "another")
  }

  @Test(arguments: [
    (
      "\"l2norm_embed\": true", "FixedWidth",
      "en: l2norm_embed: rows and positions are divided by their lengths"
    ),
    ("\"post_emb_norm\": true", "FixedWidth", "en: post_emb_norm: its gains are for 16 features"),
    (
      "\"scaled_sinu_pos_emb\": true", "FixedWidth",
      "en: scaled_sinu_pos_emb: the frequencies of its positions depend on the width"
    ),
  ])
  func `refuses models whose tables have to be as wide as they are`(
    arguments: String, code: String, sentence: String
  ) throws {
    let models = try models(FreshModel.decoder(arguments, tokens: 29))
    let error = try #require(throws: SurgeryError.self) { try tied(models) }
    #expect(error.code == code)
    #expect(
      error.description
        == sentence + ", so its table cannot be one of another width behind a projection")
  }

  @Test func `refuses other vocabularies and ranks that there are not`() throws {
    let other = try models(FreshModel.decoder(tokens: 30))
    #expect(throws: SurgeryError.bundle(.vocabularies("en", [30, 16], "de", [29, 8]))) {
      try tied(other)
    }
    for rank in [0, 25] {
      let error = try #require(throws: SurgeryError.self) { try tied(models(), rank: rank) }
      #expect(error.kind == .usage)
      #expect(error.description.hasSuffix("so ranks go from 1 to 24"))
    }
  }

  @Test func `is one table of a bundle, which cannot be edited through one model`() throws {
    let directory = try TemporaryDirectory()
    let plan = try tied(models())
    let root = directory.path("bundle/")
    try Bundle(plan.after.map { Bundle.Member($0) }).plan(
      writingTo: root, link: .hard, tool: "test", options: ConversionOptions()
    ).whole.execute()
    let opened = try ["en", "de"].map { name in
      SurgeryModel(
        try ConfiguredCheckpoint(Checkpoint.open(root + name), path: root + name),
        path: root + name, name: name)
    }
    var resize = Resize()
    resize.tokenCount = 31
    let alone = try resize.plan(for: [opened[0]])
    #expect(
      throws: SurgeryError.bundle(
        .pooled(model: root + "en", name: "token_emb.emb.weight", others: ["de"]))
    ) { try alone.settlingPools(detached: []) }
    #expect(try alone.settlingPools(detached: [0]).count == 1)
  }
}
