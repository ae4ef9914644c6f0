import Testing
import TransformerGraph

@testable import TransformerInference

@Suite struct `Comparing functions` {
  /// Every real model of the fixtures: whatever its forward pass needs has to be made up.
  @Test(arguments: GoldenLogits.all)
  func `finds no difference between a model and itself`(golden: GoldenLogits) throws {
    let graph = try golden.load().0.graph
    let comparison = try FunctionComparison(before: (graph, nil), after: (graph, nil))
    #expect(comparison.maximumDifference == 0)
    #expect(comparison.spread > 0)
    #expect(comparison.topAgreement == 1)
  }
}
