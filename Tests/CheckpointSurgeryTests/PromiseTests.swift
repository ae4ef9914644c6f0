import Checkpoints
import TensorStorage
import TestSupport
import Testing
import TransformerGraph
import TransformerInference

@testable import CheckpointSurgery

/// Promises what it does not keep: it adds to the last norm's gain.
private struct Liar: SurgeryOperation {
  static let verb = "lie"
  var closeness = Promise.Closeness.exact

  func plan(for models: [SurgeryModel]) throws(SurgeryError) -> SurgeryPlan {
    var after = models
    for position in after.indices {
      let path = "attn_layers.final_norm.gamma"
      guard let gain = after[position].entry(at: path)?.tensor,
        let other = LazyTensor.combination(
          [.init(1, gain)], plus: 0.5, as: gain.dtype, formula: "gain + 0.5")
      else { continue }
      after[position].replace(path, with: other)
    }
    return SurgeryPlan(
      before: models, after: after,
      step: .init(
        verb: Self.verb, promises: models.map { _ in Promise(closeness) }, facts: []))
  }
}

@Suite struct `A promise` {
  @Test func `is seen to be broken by running the models`() throws {
    let plan = try Liar().plan(for: [MadeModels.decoder(20)])
    let found = try plan.comparison()
    #expect(!plan.promises[0].isKept(difference: found.maximumDifference, spread: found.spread))
    #expect(found.meanDivergence > 0)
  }

  @Test func `about bytes is seen to be broken without running them`() throws {
    let plan = try Liar(closeness: .bytes).plan(for: [MadeModels.decoder(20)])
    #expect(plan.changedTensor(of: 0) == "attn_layers.final_norm.gamma")
  }

  @Test func `of two steps is the weaker one, and says what tokens stood for at first`() {
    let first = Promise(.exact, tokensBefore: ["": [4, 3, 2, 1, 0]])
    let second = Promise(.rounding, tokensBefore: ["": [1, nil, 0]])
    #expect(
      first.followed(by: second) == Promise(.rounding, tokensBefore: ["": [3, nil, 4]]))
    #expect(Promise(.bytes).followed(by: first) == first)
    #expect(
      Promise(.lossy("a")).followed(by: Promise(.lossy("b"))).closeness == .lossy("a; b"))
  }
}
