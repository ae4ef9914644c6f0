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
      throws: SurgeryError.unsuitable(
        model: path, verb: "untie", reason: "no head of it is tied")
    ) { try Untie().plan(for: [model]) }
  }
}
