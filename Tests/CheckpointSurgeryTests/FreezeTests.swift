import Checkpoints
import TensorStorage
import TestSupport
import Testing
import TransformerGraph

@testable import CheckpointSurgery

@Suite struct `Freezing` {
  private func patterns(_ texts: String...) throws -> [NamePattern] {
    try texts.map { try #require(NamePattern($0)) }
  }

  @Test func `takes parameters out of what is trained, and no bytes`() throws {
    let model = try MadeModels.decoder(10)
    let plan = try Freeze(names: patterns("token_emb.*", "to_logits.*")).plan(for: [model])
    #expect(try model.trainableCount - plan.after[0].trainableCount == 160)
    #expect(plan.promises == [Promise(.bytes)])
    #expect(plan.changedTensor(of: 0) == nil)
    #expect(try plan.countChanges(of: 0).isEmpty)
  }

  @Test func `leaves out exceptions, and is undone by them`() throws {
    let model = try MadeModels.decoder(10)
    let all = try Freeze(names: patterns("*"), exceptions: patterns("pos_emb.*"))
      .plan(for: [model])
    #expect(try all.after[0].trainableCount == 96)
    let undone = try Freeze(names: [], exceptions: patterns("*")).plan(for: all.after)
    #expect(try undone.after[0].trainableCount == model.trainableCount)
    #expect(undone.after[0].configurationFile.bytes == model.configurationFile.bytes)
  }

  @Test func `freezes a shared table under all of its names`() throws {
    let model = try MadeModels.encoderDecoder(10, 10, shared: true)
    let plan = try Freeze(names: patterns("encoder.token_emb.*")).plan(for: [model])
    let position = try #require(
      plan.after[0].checkpoint.position(of: "decoder.net.token_emb.emb.weight"))
    #expect(plan.after[0].checkpoint.entries[position].role == .parameter(requiresGrad: false))
  }

  @Test(arguments: ["frozen.pt", "frozen.safetensors"])
  func `is read back from every format`(name: String) throws {
    let folder = try TemporaryDirectory()
    let path = folder.path(name)
    let plan = try Freeze(names: patterns("token_emb.*")).plan(for: [MadeModels.decoder(10)])
    try plan.writePlan(to: path).execute()
    let read = SurgeryModel(
      try ConfiguredCheckpoint(Checkpoint.open(path), path: path), path: path)
    #expect(try read.trainableCount == plan.after[0].trainableCount)
    #expect(read.configuration.frozen == ["token_emb.emb.weight"])
    let count = ParameterCount(of: try Checkpoint.open(path).freezing(besides: path))
    #expect(count.frozen == 80)
  }

  @Test func `is not changed by untying and tying again`() throws {
    let model = try MadeModels.decoder(10, #""tie_embedding": true,"#)
    let frozen = try Freeze(names: patterns("token_emb.*", "pos_emb.*")).plan(for: [model])
    let round = try frozen.followed(by: Untie()).followed(by: Tie())
    #expect(try round.after[0].trainableCount == frozen.after[0].trainableCount)
    #expect(
      round.after[0].configurationFile.bytes.count > model.configurationFile.bytes.count)
  }

  @Test func `refuses a pattern that matches nothing`() throws {
    #expect(
      throws: SurgeryError.unsuitable(
        model: "made.pt", verb: "freeze",
        reason: "no parameter matches 'token_emb.weight'; did you mean 'token_emb.emb.weight'?")
    ) { try Freeze(names: patterns("token_emb.weight")).plan(for: [MadeModels.decoder(10)]) }
  }
}
