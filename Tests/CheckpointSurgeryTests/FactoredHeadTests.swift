import Checkpoints
import TensorStorage
import Testing
import TransformerGraph
import TransformerInference

@testable import CheckpointSurgery

@Suite struct `A head behind a layer` {
  private func matrix(_ checkpoint: Checkpoint, _ name: TensorName) throws -> Matrix? {
    guard let tensor = checkpoint[name] else { return nil }
    return Matrix(
      rowCount: tensor.shape[0], columnCount: tensor.shape[1],
      try tensor.doubles(0..<tensor.elementCount))
  }

  @Test func `is found where the head is a rotated table`() throws {
    // Columns permuted and half of them turned about.
    var turn = Matrix(rowCount: 16, columnCount: 16)
    for column in 0..<16 { turn[column, (column + 3) % 16] = column % 2 == 0 ? 0.5 : -0.5 }
    let fresh = try FreshModel(FreshModel.decoder(tokens: 41)) { checkpoint in
      let table = try #require(try matrix(checkpoint, "token_emb.emb.weight"))
      let head = LinearAlgebra.product(table, turn).values.map { Float($0) }
      try checkpoint.put("to_logits.weight", head, [41, 16])
    }
    let plan = try Tie(policy: .procrustes).plan(for: [fresh.model])
    #expect(
      plan.steps[0].facts == [
        "token_emb.emb.weight moves by 0.0 %, to_logits.weight by 0.0 %",
        "to_logits.up.weight is token_emb.emb.weight, behind to_logits.down.weight of 16 × 16",
      ])
    #expect(try plan.comparison().maximumDifference < 1e-4)
    let after = plan.after[0].checkpoint
    let table = try #require(after["token_emb.emb.weight"])
    #expect(after["to_logits.up.weight"]?.isSameView(as: table) == true)
    let found = try #require(try matrix(after, "to_logits.down.weight"))
    for (found, expected) in zip(found.values, turn.values) {
      #expect(abs(found - expected) < 1e-5)
    }
    let counts = try (fresh.model.parameterCount, plan.after[0].parameterCount)
    #expect(counts.1 - counts.0 == 16 * 16 - 41 * 16)
  }

  private func squaredDistance(_ a: Matrix, _ b: Matrix) -> Double {
    var sum = 0.0
    for (x, y) in zip(a.values, b.values) { sum += (x - y) * (x - y) }
    return sum
  }

  @Test func `loses the less the wider the table is, and nothing at full rank`() throws {
    let fresh = try FreshModel(FreshModel.decoder(tokens: 41))
    let e = try #require(try matrix(fresh.model.checkpoint, "token_emb.emb.weight"))
    let w = try #require(try matrix(fresh.model.checkpoint, "to_logits.weight"))
    var last = Double.infinity
    for rank in [1, 4, 15, 16, 17, 24, 32] {
      let plan = try Tie(policy: .lowrank, rank: rank).plan(for: [fresh.model])
      let after = plan.after[0].checkpoint
      let table = try #require(try matrix(after, "token_emb.emb.weight"))
      let down = try #require(try matrix(after, "to_logits.down.weight"))
      let entrance = try matrix(after, "project_emb.weight")
      #expect((entrance == nil) == (rank == 16))
      #expect(table.columnCount == rank)
      let seen = entrance.map { LinearAlgebra.product(table, $0.transposed) } ?? table
      let head = LinearAlgebra.product(table, down)
      let apart = squaredDistance(seen, e) + squaredDistance(head, w)
      #expect(apart <= last + 1e-9, "rank \(rank)")
      last = apart
    }
    #expect(last < 1e-9)
    let whole = try Tie(policy: .lowrank, rank: 32).plan(for: [fresh.model])
    #expect(try whole.comparison().maximumDifference < 1e-4)
  }

  @Test func `can be untied and resized`() throws {
    let fresh = try FreshModel(FreshModel.decoder())
    let tied = try Tie(policy: .procrustes).plan(for: [fresh.model])
    let apart = try tied.followed(by: Untie())
    #expect(
      apart.steps[1].facts == [
        "to_logits.up.weight shared the bytes of token_emb.emb.weight and gets its own"
      ])
    var resize = Resize()
    resize.tokenCount = 14
    let longer = try tied.followed(by: resize)
    #expect(longer.after[0].checkpoint["to_logits.up.weight"]?.shape == [14, 16])
    #expect(try longer.after[0].graph().wrappers.count == 1)
  }

  @Test func `is refused where there cannot be one`() throws {
    let old = try FreshModel(FreshModel.decoder(release: "1.30.0"))
    let path = old.model.paths.checkpoint
    #expect(throws: SurgeryError.tie(.noGivenHead(release: "1.30.0"), model: path)) {
      try Tie(policy: .procrustes).plan(for: [old.model])
    }
    let normed = try FreshModel(FreshModel.decoder("\"post_emb_norm\": true"))
    let error = try #require(throws: SurgeryError.self) {
      try Tie(policy: .lowrank, rank: 8).plan(for: [normed.model])
    }
    #expect(error.code == "FixedWidth")
    #expect(try Tie(policy: .lowrank).plan(for: [normed.model]).steps.count == 1)
    for rank in [0, 33] {
      let error = try #require(throws: SurgeryError.self) {
        try Tie(policy: .lowrank, rank: rank).plan(for: [normed.model])
      }
      #expect(error.kind == .usage)
    }
  }
}
